use secrecy::ExposeSecret;
use serde_json::{Value, json};
use trunkline_providers::{
    error::{Failure, Kind},
    meta::{Account, Api, CodeMethod, NumberStatus, Override, Quality, Storage, Tier},
};

use super::caller;
use crate::fake::{Answer, Fake, Request};

const WABA: &str = "102290129340398";
const NUMBER: &str = "106540352242922";
/// The vector of `test_app_secret` and `EAATESTTOKEN`.
const PROOF: &str = "bad6df0b858104754a0ffde2f0c05fe9731f1a5e141ee1bccf316d05f28d5135";

fn account(fake: &Fake) -> Account {
    let mut account = Account::new("670843887433847", "506914307656634");
    account.base_url = Some(fake.url("/"));
    account.app_secret = Some("test_app_secret".into());
    account.system_user_token = Some("EAATESTTOKEN".into());
    account
}

fn api(fake: &Fake) -> Api {
    Api::new(caller(), account(fake)).unwrap()
}

fn error(status: u16, error: &Value) -> Answer {
    Answer::Json(status, json!({ "error": error }))
}

#[tokio::test]
async fn calls_carry_token_proof_and_version() {
    let fake = Fake::start(|_| Answer::Json(200, json!({"id": WABA, "name": "Acme"}))).await;
    assert_eq!(api(&fake).waba(WABA).await.unwrap().name.as_deref(), Some("Acme"));
    let request = &fake.seen()[0];
    assert_eq!(request.path(), format!("/v25.0/{WABA}"));
    assert_eq!(request.header("authorization"), Some("Bearer EAATESTTOKEN"));
    assert_eq!(request.query("appsecret_proof").as_deref(), Some(PROOF));
    assert!(request.query("fields").unwrap().contains("whatsapp_business_manager_messaging_limit"));

    api(&fake).with_token("EAACOMPANY".into()).waba(WABA).await.unwrap();
    let request = &fake.seen()[1];
    assert_eq!(request.header("authorization"), Some("Bearer EAACOMPANY"));
    assert_ne!(request.query("appsecret_proof").as_deref(), Some(PROOF));
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_or_nowhere_is_not_the_whole() {
    for (paging, is_whole) in [
        (json!({"cursors": {"after": "same"}, "next": "https://graph.example/next"}), false),
        (json!({"next": "https://graph.example/next"}), false),
        (json!({"cursors": {"after": "same"}}), true),
        (Value::Null, true),
    ] {
        let shown = paging.clone();
        let fake = Fake::start(move |_| {
            Answer::Json(200, json!({"data": [{"id": WABA}], "paging": shown.clone()}))
        })
        .await;
        let shared = api(&fake).shared_wabas().await.unwrap();
        assert_eq!(shared.is_whole, is_whole, "{paging}");
    }
}

#[tokio::test]
async fn pages_are_asked_for_by_cursor_and_next_is_never_followed() {
    let elsewhere = Fake::start(|_| Answer::Json(200, json!({"data": []}))).await;
    let lure = elsewhere.url("/v25.0/x?access_token=EAATESTTOKEN").to_string();
    let fake = Fake::start(move |request: &Request| {
        let after = request.query("after");
        let number: usize = after.as_deref().map_or(0, |after| after[1..].parse().unwrap());
        let mut paging = json!({"cursors": {"before": "b", "after": format!("c{}", number + 1)}});
        if number < 2 {
            paging["next"] = lure.clone().into();
        }
        Answer::Json(200, json!({"data": [{"id": number.to_string()}], "paging": paging}))
    })
    .await;
    let shared = api(&fake).shared_wabas().await.unwrap();
    let ids: Vec<&str> = shared.items.iter().map(|waba| waba.id.as_ref()).collect();
    assert_eq!(ids, ["0", "1", "2"]);
    assert_eq!(fake.seen()[0].path(), "/v25.0/506914307656634/client_whatsapp_business_accounts");
    assert!(elsewhere.seen().is_empty(), "next was followed");
    assert_eq!(api(&fake).owned_wabas().await.unwrap().items.len(), 3);
}

#[tokio::test]
async fn a_cursor_that_stands_still_ends_the_list() {
    let fake = Fake::start(|_| {
        let paging = json!({"cursors": {"after": "same"}, "next": "https://graph.facebook.com/"});
        Answer::Json(200, json!({"data": [{"id": "1"}], "paging": paging}))
    })
    .await;
    assert_eq!(api(&fake).shared_wabas().await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn a_field_that_the_version_does_not_know_is_left_out() {
    let fake = Fake::start(|request: &Request| {
        let fields = request.query("fields").unwrap();
        for unknown in ["webhook_configuration", "is_on_biz_app"] {
            if fields.contains(unknown) {
                let words = format!("(#100) Tried accessing nonexisting field ({unknown})");
                return error(
                    400,
                    &json!({"message": words, "code": 100, "type": "OAuthException"}),
                );
            }
        }
        Answer::Json(
            200,
            json!({"id": NUMBER, "status": "CONNECTED", "platform_type": "CLOUD_API"}),
        )
    })
    .await;
    let number = api(&fake).phone_number(NUMBER).await.unwrap();
    assert!(number.is_registered());
    assert_eq!(fake.seen().len(), 3);
}

#[tokio::test]
async fn a_number_is_read_with_all_its_fields_and_kept_as_it_came() {
    let sample = json!({"id": NUMBER, "verified_name": "Test Number", "display_phone_number": "+1 123-456-7890",
        "status": "CONNECTED", "quality_rating": "GREEN", "quality_score": {"score": "GREEN"},
        "name_status": "APPROVED", "new_name_status": "NONE", "code_verification_status": "NOT_VERIFIED",
        "account_mode": "LIVE", "is_on_biz_app": true, "is_pin_enabled": true, "platform_type": "CLOUD_API",
        "whatsapp_business_manager_messaging_limit": "TIER_2K", "throughput": {"level": "STANDARD"},
        "health_status": {"can_send_message": "BLOCKED"}, "brand_new": 1});
    let fake = Fake::start(move |_| {
        Answer::Json(200, json!({"data": [sample, {"id": "2", "status": "NEW_WORD"}]}))
    })
    .await;
    let numbers = api(&fake).phone_numbers(WABA).await.unwrap().items;
    let number = &numbers[0];
    assert!(number.status.as_ref().unwrap().is(NumberStatus::Connected));
    assert!(number.quality_rating.as_ref().unwrap().is(Quality::Green));
    assert!(number.messaging_limit.as_ref().unwrap().is(Tier::Tier2K));
    assert_eq!(number.can_send_message.as_deref(), Some("BLOCKED"));
    assert_eq!((number.is_on_biz_app, number.is_pin_enabled), (Some(true), Some(true)));
    assert_eq!(number.raw["brand_new"], json!(1));
    let newer = numbers[1].status.as_ref().unwrap();
    assert_eq!((newer.known(), newer.as_str()), (None, "NEW_WORD"));
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_no_part_of_it_is_shown() {
    let fake = Fake::start(|_| {
        let words = "code AQDcode123 of secret test_app_secret has been used";
        error(400, &json!({"message": words, "type": "OAuthException", "code": 100, "error_subcode": 36009}))
    })
    .await;
    let failed = api(&fake).exchange_code(&"AQDcode123".into()).await.unwrap_err();
    assert_eq!((failed.kind, failed.subcode), (Kind::Invalid, Some(36009)));
    assert_eq!(fake.seen().len(), 1);
    let shown = format!("{failed:?}");
    assert!(!shown.contains("AQDcode123") && !shown.contains("test_app_secret"), "{shown}");

    let fake = Fake::start(|_| {
        Answer::Json(
            200,
            json!({"access_token": "EAANEW", "token_type": "bearer", "expires_in": 5_183_944}),
        )
    })
    .await;
    let token = api(&fake).exchange_code(&"AQDcode123".into()).await.unwrap();
    assert_eq!((token.access_token.expose_secret(), token.expires_in), ("EAANEW", Some(5_183_944)));
    assert_eq!(fake.seen()[0].query("client_secret").as_deref(), Some("test_app_secret"));
    assert_eq!(fake.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_tokens_end_permissions_and_accounts_are_read() {
    let fake = Fake::start(|_| {
        Answer::Json(200, json!({"data": {
            "app_id": "670843887433847", "type": "SYSTEM_USER", "is_valid": true, "expires_at": 1_798_761_600,
            "granular_scopes": [{"scope": "whatsapp_business_management", "target_ids": [WABA, "1015"]},
                {"scope": "whatsapp_business_messaging"}],
            "scopes": ["public_profile"]}}))
    })
    .await;
    let found = api(&fake).inspect_token(&"EAACOMPANY".into()).await.unwrap();
    assert!(found.is_valid && found.may("whatsapp_business_messaging") && !found.may("ads_read"));
    assert_eq!(found.wabas()[0].as_ref(), WABA);
    assert_eq!(found.expires_at.unwrap().as_second(), 1_798_761_600);
    let request = &fake.seen()[0];
    assert_eq!(request.header("authorization"), Some("Bearer 670843887433847|test_app_secret"));
    assert_eq!(request.query("appsecret_proof"), None);

    let fake = Fake::start(|_| {
        Answer::Json(
            200,
            json!({"data": {"is_valid": false, "scopes": [],
            "error": {"code": 190, "message": "expired", "subcode": 463}}}),
        )
    })
    .await;
    let found = api(&fake).inspect_token(&"EAACOMPANY".into()).await.unwrap();
    assert_eq!((found.is_valid, found.error), (false, Some((Some(190), "expired".into()))));
}

#[tokio::test]
async fn registration_is_sent_once_and_its_pin_is_shown_nowhere() {
    let fake = Fake::start(|_| {
        error(
            400,
            &json!({"message": "pin 012834 is wrong", "type": "OAuthException", "code": 133_005}),
        )
    })
    .await;
    let failed = api(&fake).register(NUMBER, &"012834".into()).await.unwrap_err();
    assert_eq!((failed.kind, failed.code.as_deref()), (Kind::Invalid, Some("133005")));
    assert!(!format!("{failed:?}").contains("012834"));
    assert_eq!(fake.seen()[0].json(), json!({"messaging_product": "whatsapp", "pin": "012834"}));

    let fake =
        Fake::start(|_| error(503, &json!({"message": "down", "code": 2, "is_transient": true})))
            .await;
    let api = api(&fake);
    let (pin, code) = ("012834".into(), "000000".into());
    assert_eq!(api.register(NUMBER, &pin).await.unwrap_err().kind, Kind::Transient);
    assert_eq!(api.deregister(NUMBER).await.unwrap_err().kind, Kind::Transient);
    assert_eq!(
        api.request_code(NUMBER, CodeMethod::Sms, "en_US").await.unwrap_err().kind,
        Kind::Transient
    );
    assert_eq!(api.verify_code(NUMBER, &code).await.unwrap_err().kind, Kind::Transient);
    assert_eq!(fake.seen().len(), 4, "one of these was repeated");
}

#[tokio::test]
async fn changes_are_sent_as_the_reference_writes_them() {
    let fake = Fake::start(|request: &Request| match request.method.as_str() {
        "GET" => Answer::Json(
            200,
            json!({"data": [{"override_callback_uri": "https://a.example/hook",
            "whatsapp_business_api_data": {"id": "670843887433847", "name": "Lucky Shrub"}}]}),
        ),
        _ => Answer::Json(200, json!({"success": true})),
    })
    .await;
    let api = api(&fake);
    api.subscribe(WABA, None).await.unwrap();
    let elsewhere =
        Override { callback_uri: "https://a.example/hook".into(), verify_token: "vt-1".into() };
    api.subscribe(WABA, Some(&elsewhere)).await.unwrap();
    assert_eq!(
        api.subscribed_apps(WABA).await.unwrap().items[0].app_id.as_ref(),
        "670843887433847"
    );
    api.unsubscribe(WABA).await.unwrap();
    api.request_code(NUMBER, CodeMethod::Voice, "en_US").await.unwrap();
    api.verify_code(NUMBER, &"123456".into()).await.unwrap();
    api.register(NUMBER, &"212834".into()).await.unwrap();
    api.deregister(NUMBER).await.unwrap();
    api.set_storage(NUMBER, Storage::InCountry("BR")).await.unwrap();
    api.set_pin(NUMBER, &"150954".into()).await.unwrap();
    let sent = fake.seen();
    let sent: Vec<String> = sent
        .iter()
        .map(|request| format!("{} {} {}", request.method, request.path(), request.body))
        .collect();
    insta::assert_snapshot!(sent.join("\n"));
}

#[tokio::test]
async fn what_is_not_done_or_not_the_answer_is_an_error() {
    let fake = Fake::start(|_| Answer::Json(200, json!({"success": false}))).await;
    assert_eq!(api(&fake).subscribe(WABA, None).await.unwrap_err().failure, Failure::Unexpected);
    let fake = Fake::start(|_| Answer::Json(200, json!(["not", "a", "number"]))).await;
    assert_eq!(api(&fake).phone_number(NUMBER).await.unwrap_err().failure, Failure::Unexpected);
    assert_eq!(api(&fake).phone_numbers(WABA).await.unwrap_err().failure, Failure::Unexpected);
}
