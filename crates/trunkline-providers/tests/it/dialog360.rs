use serde_json::{Value, json};
use trunkline_providers::{
    dialog360::{Account, check},
    report::Report,
};

use crate::fake::{Answer, Fake, Request, clock, codes, http, shown};

const KEY: &str = "partner-key-0123456789";

fn account(fake: &Fake) -> Account {
    let mut account = Account::new("examplePA");
    account.base_url = Some(fake.url("/api/v2"));
    account.api_key = Some(KEY.into());
    account.platform_secret = Some("platform-secret".into());
    account.webhook_url = Some("https://trunkline.example/webhooks/360dialog/abc".parse().unwrap());
    account
}

fn partner() -> Value {
    json!({"id": "examplePA", "brand_name": "Acme Messaging", "allow_client_to_add_phone_no": true,
        "webhook_url": "https://trunkline.example/webhooks/360dialog/abc", "settings": null})
}

/// The partner object for the right key, and 360dialog's errors for the rest.
fn provider(request: &Request, partner: &Value) -> Answer {
    let refuse = |status: u16, words: &str| {
        Answer::Json(
            status,
            json!({"meta": {"success": false, "http_code": status, "developer_message": words}}),
        )
    };
    match (request.header("x-api-key"), request.path()) {
        (Some(KEY), "/api/v2/partners/examplePA") => Answer::Json(200, partner.clone()),
        (Some(KEY), "/api/v2/partners/examplePA/webhook_url") => {
            Answer::Json(200, json!({"webhook_url": "https://old.example/hook"}))
        }
        (Some(KEY), "/api/v2/partners/otherPA") => refuse(403, "Forbidden"),
        (Some(KEY), _) => refuse(404, "Not found"),
        _ => refuse(401, "Unauthorized"),
    }
}

async fn checked(partner: Value, change: impl FnOnce(&mut Account)) -> (Report, Fake) {
    let fake = Fake::start(move |request| provider(request, &partner)).await;
    let mut account = account(&fake);
    change(&mut account);
    (check(&http(), &account, &clock()).await, fake)
}

#[tokio::test]
async fn a_good_account_is_found_good_by_one_request() {
    let (report, fake) = checked(partner(), |_| ()).await;
    assert_eq!(fake.seen().len(), 1);
    insta::assert_snapshot!(shown(&report, &fake));
}

#[tokio::test]
async fn a_wrong_key_a_foreign_id_and_an_unknown_id_are_told_apart() {
    let (wrong_key, fake) =
        checked(partner(), |account| account.api_key = Some("wrong-key-42".into())).await;
    insta::assert_snapshot!("wrong_key", shown(&wrong_key, &fake));
    let (foreign, fake) = checked(partner(), |account| account.partner_id = "otherPA".into()).await;
    insta::assert_snapshot!("foreign_id", shown(&foreign, &fake));
    let (unknown, fake) =
        checked(partner(), |account| account.partner_id = "unknownPA".into()).await;
    insta::assert_snapshot!("unknown_id", shown(&unknown, &fake));
}

#[tokio::test]
async fn an_empty_account_says_what_to_enter() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let report = check(&http(), &Account::new(""), &clock()).await;
    assert!(fake.seen().is_empty());
    insta::assert_snapshot!(shown(&report, &fake));
}

#[tokio::test]
async fn the_answer_must_be_of_the_partner_that_was_asked_for() {
    let mut other = partner();
    other["id"] = json!("differentPA");
    let (report, _) = checked(other, |_| ()).await;
    assert_eq!(report.find("partner_id_differs").unwrap().value.as_deref(), Some("differentPA"));
}

#[tokio::test]
async fn the_registered_webhook_is_shown_and_compared() {
    let with = |webhook: Value| {
        let mut partner = partner();
        partner["webhook_url"] = webhook;
        partner
    };
    let (elsewhere, fake) = checked(with(json!("https://other.example/hook")), |_| ()).await;
    insta::assert_snapshot!("webhook_elsewhere", shown(&elsewhere, &fake));
    let (missing, _) = checked(with(Value::Null), |_| ()).await;
    assert!(codes(&missing).contains(&"webhook_url_missing"));
    let (unasked, _) = checked(partner(), |account| account.webhook_url = None).await;
    assert!(codes(&unasked).contains(&"webhook_url_shown"));

    let mut silent = partner();
    silent.as_object_mut().unwrap().remove("webhook_url");
    let (report, fake) = checked(silent, |_| ()).await;
    assert_eq!(fake.seen().len(), 2);
    assert_eq!(
        report.find("webhook_url_differs").unwrap().value.as_deref(),
        Some("https://old.example/hook")
    );
}

#[tokio::test]
async fn closed_onboarding_and_an_odd_id_are_warned_of() {
    let mut closed = partner();
    closed["allow_client_to_add_phone_no"] = json!(false);
    let (report, _) = checked(closed, |_| ()).await;
    assert!(codes(&report).contains(&"onboarding_closed"));
    let (report, _) = checked(partner(), |account| account.partner_id = "exampleCL".into()).await;
    assert_eq!(codes(&report), ["partner_id_unusual", "partner_unknown"]);
    let (report, fake) =
        checked(partner(), |account| account.partner_id = "../clients".into()).await;
    assert_eq!(codes(&report), ["partner_id_malformed"]);
    assert!(fake.seen().is_empty());
}
