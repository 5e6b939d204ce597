//! What is read from webhooks.

use std::fmt::Write;

use insta::assert_snapshot;
use serde_json::value::RawValue;
use trunkline_core::events::{Change, Event, Source};
use trunkline_providers::webhooks::read;

/// An event in a few lines.
fn describe(event: &Event) -> String {
    let mut text = format!("{} [{}] {:?}", event.kind, event.provider_kind, event.subject);
    if let Some(at) = event.occurred_at {
        let _ = write!(text, " at {at}");
    }
    if event.hints {
        text.push_str(", ask");
    }
    if event.raw.is_some() {
        text.push_str(", raw");
    }
    match &event.change {
        Change::Nothing => {}
        Change::Facts(facts) => {
            for fact in facts {
                let _ = write!(text, "\n    {fact:?}");
            }
        }
        change => {
            let _ = write!(text, "\n    {change:?}");
        }
    }
    text
}

#[test]
fn every_webhook_of_meta_s_reference_is_read() {
    let fixtures: std::collections::BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(include_str!("../fixtures/meta-webhooks.json")).unwrap();
    let mut text = String::new();
    for (name, body) in &fixtures {
        let events = read(Source::Meta, body.get().as_bytes()).unwrap();
        let events: Vec<String> = events.iter().map(describe).collect();
        let _ = writeln!(text, "{name}\n  {}", events.join("\n  "));
    }
    assert_eq!(fixtures.len(), 65);
    assert_snapshot!(text);
}

/// The events of a body, described.
fn described(source: Source, body: &str) -> String {
    let events = read(source, body.as_bytes()).unwrap();
    events.iter().map(describe).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_event_of_360dialog_s_reference_is_read() {
    let mut text = String::new();
    for body in [
        r#"{"id":"evt_1","event":"channel_live","data":{"id":"tlbN64CH","status":"ready","account_mode":"live","phone_number":"15553785635","phone_name":"Homolog TMP"}}"#,
        r#"{"event":"channel_running","data":{"id":"chAB12","account_mode":"live"}}"#,
        r#"{"id":"evt_2","event":"channel_created","data":{"id":"chX","status":"pending","client_id":"exampleCL","setup_info":{"phone_number":"+1 555 378 5635","phone_name":"Acme"},"waba_account":{"fb_account_status":"verified"}}}"#,
        r#"{"type":"channel_ready","channel_id":"chX"}"#,
        r#"{"event":"channel_submitted","channel":{"id":"chX"}}"#,
        r#"[{"id":"a","event":"client_created","data":{"client":{"id":"exampleCL","name":"Acme GmbH","contact_info":{"email":"owner@acme.example"}}}},{"id":"b","event":"client_created","data":{"id":"otherCL","name":"Other","status":"active"}}]"#,
        r#"{"id":"p","event":"channel_permission_granted","data":{"id":"chX","client_id":"exampleCL","status":"ready"}}"#,
        r#"{"id":"q","event":"channel_permission_revoked","data":{"id":"chX"}}"#,
        r#"{"id":"c1","event":"cancellation_request","data":{"id":"chX","hub_status":"pending_deletion","cancelled_at":"2026-11-01T00:00:00Z"}}"#,
        r#"{"id":"c2","event":"cancellation_revoke","data":{"id":"chX"}}"#,
        r#"{"id":"c3","event":"cancellation_processed","data":{"id":"chX","terminated_at":"2026-12-01T00:00:00"}}"#,
        r#"{"id":"v","event":"account_violation","data":{"phone_number":"15553785635","violation_type":"ADULT"}}"#,
        r#"{"id":"r","event":"account_restriction","data":{"id":"chX","phone_number":"15553785635"}}"#,
        r#"{"id":"m","event":"template_messaging_disabled","data":{"id":"chX"}}"#,
        r#"{"event":"channel_status_changed","data":{"id":"chX","new_status":"error","modified_at":"2026-11-01T10:00:00"}}"#,
        r#"{"event":"channel_status_changed","data":{"id":"chX","status":"ready","account_mode":"live"}}"#,
        r#"{"event":"phone_number_quality_changed","data":{"id":"chX","current_quality_rating":"Low","current_limit":"TIER_1K"}}"#,
        r#"{"id":"evt1","event":"waba_template_status_changed","data":{"id":"2044166682973889","template":{"id":"gqh7gkLf8nZPcY4EpEbmWT","external_id":"1786649272200251","name":"t_03","new_status":"REJECTED","language":"pt_BR","rejected_reason":"INVALID_FORMAT"}}}"#,
        r#"{"id":"k","event":"waba_template_category_changed","data":{"template":{"new_category":"MARKETING"}}}"#,
        r#"{"id":"h","event":"history","data":{"id":"1022","metadata":{"display_phone_number":"15553785635","phone_number_id":"1"},"history":[{"threads":[]}]}}"#,
        r#"{"id":"s","event":"smb_app_state_sync","data":{"id":"1022","state_sync":[]}}"#,
        r#"{"id":"n","event":"something_new","data":{"id":"chX","person":"16505551234"}}"#,
        r#"{"no":"event"}"#,
        r"7",
        r"[]",
    ] {
        let _ = writeln!(
            text,
            "{body}\n  {}",
            described(Source::Dialog360Events, body).replace('\n', "\n  ")
        );
    }
    assert_snapshot!(text);
}

#[test]
fn a_number_s_webhook_of_360dialog_names_the_channel_by_its_digits_alone() {
    let body = r#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{"metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"statuses":[{"id":"wamid.1","status":"delivered","timestamp":1750263773}]}}]}]}"#;
    assert_eq!(
        described(Source::Dialog360Numbers, body),
        "message.status [messages] Channel { id: None, number: Some(\"+15550783881\"), client: None } at 2025-06-18T16:22:53Z\n    \
         Status { id: \"wamid.1\", status: Some(Delivered), word: \"delivered\", error: None }"
    );
}

#[test]
fn a_webhook_of_twilio_is_read_from_a_form_and_from_json_and_holds_nothing_of_the_person() {
    let mut text = String::new();
    for (source, body) in [
        (
            Source::TwilioStatus,
            "MessageSid=SM1&MessageStatus=delivered&AccountSid=AC1&From=whatsapp%3A%2B15017122661&To=whatsapp%3A%2B15551230000&ChannelPrefix=whatsapp&EventType=DELIVERED",
        ),
        (
            Source::TwilioStatus,
            "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=63016&ErrorMessage=outside+window&AccountSid=AC1&From=whatsapp%3A%2B15017122661",
        ),
        (Source::TwilioStatus, "SmsSid=SM2&SmsStatus=teleported&AccountSid=AC1&From=MG1"),
        (
            Source::TwilioMessages,
            "SmsMessageSid=SM3&NumMedia=0&ProfileName=Ada&Body=hello+there&To=whatsapp%3A%2B15017122661&From=whatsapp%3A%2B15551230000&AccountSid=AC1&SmsStatus=received",
        ),
        (
            Source::TwilioMessages,
            "MessageSid=SM4&NumMedia=2&To=whatsapp%3A%2B15017122661&AccountSid=AC1",
        ),
        (
            Source::TwilioMessages,
            r#"{"MessageSid":"SM5","MessageStatus":"read","AccountSid":"AC1","From":"whatsapp:+15017122661","ErrorCode":0,"Extra":{"a":[1]}}"#,
        ),
        (Source::TwilioStatus, "Unknown=1"),
    ] {
        let _ = writeln!(text, "{body}\n  {}", described(source, body));
    }
    assert_snapshot!(text);
}

#[test]
fn a_part_that_is_not_understood_becomes_an_event_of_its_own_and_the_rest_is_read() {
    let body = r#"{"entry":[null,{"id":7,"changed_fields":["messages"]},{"id":7,"time":"1743451903","changes":[
        {"field":"calls","value":{"metadata":{"phone_number_id":106540352242922},"calls":[{"from":"16505551234"}]}},
        {"field":"brand_new"},
        {"value":{"event":"ACCOUNT_DELETED"}},
        {"field":"messages","value":{"metadata":"gone","statuses":[{"id":"wamid.1","status":"levitating"},{"status":"sent"},3]}},
        {"field":"security","value":[]},
        {"field":"account_update","value":{"event":{"nested":true},"event":"twice"}}]}]}"#;
    assert_snapshot!(described(Source::Meta, body));
}

#[test]
fn only_what_is_neither_json_nor_a_form_is_unreadable() {
    for body in ["", "hello", "{", "{\"a\":1} x", "\u{feff}{}"] {
        assert!(read(Source::Meta, body.as_bytes()).is_err(), "{body}");
        assert!(read(Source::Dialog360Events, body.as_bytes()).is_err(), "{body}");
    }
    for body in [&b""[..], b"hello", b"\xff=1", b"{\"a\""] {
        assert!(read(Source::TwilioStatus, body).is_err(), "{body:?}");
    }
    for body in ["null", "7", "\"text\"", "[]", "{}", r#"{"entry":7}"#, r#"{"entry":[7]}"#] {
        assert!(read(Source::Meta, body.as_bytes()).is_ok(), "{body}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(Source::Meta, deep.as_bytes()).is_ok());
}

#[test]
fn a_repeated_webhook_has_the_same_keys_and_another_has_others() {
    let body = |status: &str, time: u32| {
        format!(
            r#"{{"entry":[{{"id":"1","time":{time},"changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"2"}},"statuses":[{{"id":"wamid.1","status":"{status}"}}]}}}},{{"field":"security","value":{{"event":"PIN_CHANGED"}}}}]}}]}}"#
        )
    };
    let keys = |body: String| {
        let events = read(Source::Meta, body.as_bytes()).unwrap();
        events.iter().map(|event| event.dedupe_key).collect::<Vec<_>>()
    };
    let first = keys(body("sent", 1));
    assert_eq!(first, keys(body("sent", 1)));
    let later = keys(body("sent", 2));
    assert_eq!(first[0], later[0], "a status is the same whenever it is sent");
    assert_ne!(first[1], later[1]);
    assert!(keys(body("read", 1))[0] > first[0]);
}

mod random {
    use proptest::prelude::*;
    use serde_json::Value;
    use trunkline_core::events::Source;
    use trunkline_providers::webhooks::read;

    /// JSON of names that mean something, in places where they may mean nothing.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            prop::sample::select(vec![
                "messages",
                "account_update",
                "PARTNER_ADDED",
                "DISABLED_UPDATE",
                "sent",
                "TIER_2K",
                "phone_number_quality_update",
                "channel_live",
                "15550783881",
                "1750263773",
                "\0",
            ])
            .prop_map(Value::from),
        ];
        let name = prop::sample::select(vec![
            "entry",
            "id",
            "time",
            "changes",
            "field",
            "value",
            "event",
            "data",
            "type",
            "metadata",
            "statuses",
            "messages",
            "status",
            "timestamp",
            "waba_info",
            "ban_info",
            "errors",
            "client",
            "phone_number_id",
            "display_phone_number",
            "current_limit",
            "setup_info",
            "history",
            "code",
        ]);
        leaf.prop_recursive(6, 60, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..6).prop_map(|pairs| {
                    Value::Object(
                        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_json_is_read(body in value()) {
            let body = body.to_string();
            for source in [Source::Meta, Source::Dialog360Numbers, Source::Dialog360Events] {
                let events = read(source, body.as_bytes()).unwrap();
                for event in events {
                    prop_assert!(event.provider_kind.len() <= 2000 && !event.provider_kind.contains('\0'));
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            for source in Source::ALL {
                let _ = read(*source, &body);
            }
        }
    }
}
