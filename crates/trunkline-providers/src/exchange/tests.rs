use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::{dialog360, http::redaction::Secrets, meta, twilio};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const DIALECTS: [&Dialect; 3] =
    [&dialog360::errors::DIALECT, &meta::errors::DIALECT, &twilio::errors::DIALECT];

fn answer(status: u16, headers: &[(&'static str, &str)], body: &[u8], secret: &str) -> Answer {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    let mut secrets = Secrets::default();
    secrets.note(secret);
    Answer::new(status, headers, body.to_vec(), secrets)
}

fn error(
    dialect: &Dialect,
    status: u16,
    headers: &[(&'static str, &str)],
    body: &str,
) -> ProviderError {
    let answer = answer(status, headers, body.as_bytes(), "");
    settle(dialect, "test", answer, NOW).map(|reply| reply.value).unwrap_err()
}

fn throttled(seconds: i64) -> Kind {
    Kind::Throttled { until: Timestamp::from_second(seconds).unwrap() }
}

#[test]
fn metas_codes_decide_whatever_the_status_says() {
    use Kind::{Authentication, Invalid, NotFound, Permission, Transient};
    const DAYS: i64 = 24 * 60 * 60;
    let table = [
        (&[0, 102, 104, 190][..], Authentication),
        (&[3, 10, 200, 219, 299, 368, 131_005, 131_031], Permission),
        (&[33, 803], NotFound),
        (&[4, 17, 32, 341, 613, 80_007, 80_008, 130_429, 131_048, 131_056, 131_064], throttled(60)),
        (&[133_008, 133_009], throttled(60)),
        (&[133_015], throttled(300)),
        (&[133_016], throttled(3 * DAYS)),
        (&[1, 2, 131_000, 131_016, 131_057, 133_004], Transient),
        (&[100, 131_008, 131_009, 133_005, 133_010, 136_024, 2_388_012, 300, 199, 5], Invalid),
    ];
    for (codes, kind) in table {
        for code in codes {
            for code in [json!(code), json!(code.to_string())] {
                let body =
                    json!({"error": {"message": "words", "type": "OAuthException", "code": code}});
                let found = error(DIALECTS[1], 400, &[], &body.to_string());
                assert_eq!(found.kind, kind, "{code}");
                assert_eq!(found.code.map(String::from), text(&code));
            }
        }
    }
}

#[test]
fn metas_subcodes_and_its_word_transient_refine_the_code() {
    let table = [
        (json!({"code": 100, "error_subcode": 33}), Kind::NotFound),
        (json!({"code": 100, "error_subcode": 463}), Kind::Authentication),
        (json!({"code": 1, "error_subcode": 467}), Kind::Authentication),
        (json!({"code": 190, "error_subcode": 458}), Kind::Authentication),
        (json!({"code": 100, "is_transient": true}), Kind::Transient),
        (json!({"code": 4, "is_transient": true}), throttled(60)),
        (json!({"code": 190, "is_transient": true}), Kind::Authentication),
        (json!({}), Kind::Invalid),
    ];
    for (fields, kind) in table {
        let found = error(DIALECTS[1], 400, &[], &json!({"error": fields}).to_string());
        assert_eq!(found.kind, kind, "{fields}");
    }
    assert_eq!(
        error(DIALECTS[1], 500, &[], r#"{"error": {"code": 133000}}"#).kind,
        Kind::Transient
    );
}

#[test]
fn metas_error_keeps_code_subcode_trace_and_details() {
    let body = json!({"error": {
        "message": "(#100) Invalid parameter", "type": "OAuthException", "code": 100, "error_subcode": 2_207_051,
        "error_data": {"messaging_product": "whatsapp", "details": "the phone number is not registered"},
        "fbtrace_id": "AXsgnV2Cm3"}});
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&error(DIALECTS[1], 400, &[], &body.to_string())).unwrap()
    );
    let plain = json!({"error": {"message": "no", "code": 100, "error_data": "plain words"}});
    assert_eq!(
        error(DIALECTS[1], 400, &[], &plain.to_string()).message.as_ref(),
        "no (plain words)"
    );
}

#[test]
fn meta_is_waited_for_as_long_as_its_headers_say_within_a_minute_and_an_hour() {
    let usage = |minutes: i64| {
        json!({"102290129340398": [
            {"type": "whatsapp", "call_count": 1, "estimated_time_to_regain_access": 0},
            {"type": "whatsapp_business_management", "call_count": 100, "estimated_time_to_regain_access": minutes}
        ]})
        .to_string()
    };
    for (minutes, seconds) in [(7, 420), (0, 60), (-5, 60), (600, 3600)] {
        let header = usage(minutes);
        let found = error(
            DIALECTS[1],
            400,
            &[("x-business-use-case-usage", &header)],
            r#"{"error": {"code": 80007, "message": "slow down"}}"#,
        );
        assert_eq!(found.kind, throttled(seconds), "{minutes}");
    }
    for broken in ["{", "[]", r#"{"1": 7}"#, r#"{"1": [{"estimated_time_to_regain_access": "x"}]}"#]
    {
        let found = error(
            DIALECTS[1],
            400,
            &[("x-business-use-case-usage", broken)],
            r#"{"error": {"code": 4}}"#,
        );
        assert_eq!(found.kind, throttled(60), "{broken}");
    }
}

#[test]
fn twilios_codes_decide_and_then_the_status() {
    use Kind::{Authentication, Invalid, NotFound, Permission, Transient};
    let table = [
        (401, 20_003, Authentication),
        (403, 20_003, Permission),
        (403, 20_005, Permission),
        (401, 10_001, Permission),
        (401, 90_010, Permission),
        (401, 70_051, Permission),
        (404, 20_404, NotFound),
        (429, 20_429, throttled(30)),
        (400, 63_018, throttled(30)),
        (400, 21_211, Invalid),
        (404, 1, NotFound),
        (500, 20_500, Transient),
        (503, 0, Transient),
    ];
    for (status, code, kind) in table {
        let classic =
            json!({"code": code, "message": "words", "more_info": "https://…", "status": status});
        let problem = json!({"type": "x", "title": "words", "status": status, "code": code});
        for body in [classic, problem] {
            let found = error(DIALECTS[2], status, &[], &body.to_string());
            assert_eq!((found.kind, found.message.as_ref()), (kind, "words"), "{body}");
            assert_eq!(found.code.map(String::from), Some(code.to_string()));
        }
    }
}

#[test]
fn dialog360s_status_decides_and_its_message_is_found_wherever_it_stands() {
    use Kind::{Authentication, Invalid, NotFound, Permission, Transient};
    let statuses = [
        (400, Invalid),
        (401, Authentication),
        (402, Permission),
        (403, Permission),
        (404, NotFound),
        (408, Transient),
        (422, Invalid),
        (429, throttled(30)),
        (500, Transient),
        (503, Transient),
    ];
    let bodies = [
        json!({"meta": {"success": false, "developer_message": "words", "details": ["a"]}}),
        json!({"meta": {"error_data": {"message": "words"}, "details": {"a": 1}}}),
        json!({"error": "invalid_grant", "error_description": "words"}),
        json!({"error": {"message": "words"}}),
        json!({"message": "words"}),
        json!({"error": "words"}),
    ];
    for (status, kind) in statuses {
        for body in &bodies {
            let found = error(DIALECTS[0], status, &[], &body.to_string());
            assert_eq!((found.kind, found.message.as_ref()), (kind, "words"), "{status} {body}");
        }
        let plain = error(DIALECTS[0], status, &[], "plain words");
        assert_eq!((plain.kind, plain.message.as_ref()), (kind, "plain words"), "{status}");
    }
}

#[test]
fn a_wait_in_seconds_is_kept_and_an_absurd_one_is_cut() {
    for (header, seconds) in [("7", 7), ("0", 0), ("99999999999", 86_400), ("soon", 30), ("-1", 30)]
    {
        for dialect in [DIALECTS[0], DIALECTS[2]] {
            let found = error(dialect, 429, &[("retry-after", header)], "{}");
            assert_eq!(found.kind, throttled(seconds), "{header}");
        }
    }
}

#[test]
fn a_page_in_place_of_json_accuses_no_credential() {
    for dialect in DIALECTS {
        for status in [200, 401, 403, 404, 502] {
            let found = error(dialect, status, &[], " <html><title>Portal</title>");
            assert_eq!(
                (found.kind, found.failure),
                (Kind::Transient, Failure::NotJson),
                "{status}"
            );
        }
        assert!(matches!(error(dialect, 429, &[], "<html>").kind, Kind::Throttled { .. }));
    }
}

proptest! {
    #[test]
    fn no_body_breaks_the_reading_of_errors(status in 100u16..1000, body: Vec<u8>) {
        for dialect in DIALECTS {
            let _ = settle(dialect, "test", answer(status, &[], &body, "s"), NOW);
        }
    }

    #[test]
    fn no_shape_of_json_breaks_the_reading_of_errors(
        status in 400u16..600,
        code in any_json(),
        data in any_json(),
        name in "code|message|error|error_data|meta|error_subcode|fbtrace_id|details",
    ) {
        let inner = json!({"code": code, &name: data});
        for body in [json!({"error": inner}), json!({"meta": {"error_data": inner}}), inner.clone(), json!([inner])] {
            for dialect in DIALECTS {
                let found = error(dialect, status, &[], &body.to_string());
                prop_assert!(found.message.chars().count() <= MESSAGE_LENGTH.max(60));
                prop_assert!(!found.message.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn an_echoed_secret_is_never_repeated(
        secret in "[a-zA-Z0-9\"\\\\|/é]{12,40}",
        before in "[ -~]{0,20}",
        status in 400u16..600,
    ) {
        let texts = json!({"message": format!("{before}{secret}"), "code": secret, "fbtrace_id": secret});
        for body in [json!({"error": texts}), json!({"meta": {"error_data": texts}}), texts.clone()] {
            for dialect in DIALECTS {
                let answer = answer(status, &[], body.to_string().as_bytes(), &secret);
                let found = settle(dialect, "test", answer, NOW).map(|reply| reply.value).unwrap_err();
                let escaped = json!(secret).to_string();
                let shown = format!("{} {} {:?} {:?} {:?}", found, found.message, found.words, found.code, found.trace);
                prop_assert!(!shown.contains(&secret));
                prop_assert!(!shown.contains(escaped.trim_matches('"')));
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,800}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("details|code|message|x", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}
