use secrecy::ExposeSecret;
use serde_json::{Value, json};
use trunkline_providers::{
    error::{Failure, Kind},
    twilio::{Account, AccountStatus, Api, NewSender, Quality, SenderStatus, SenderWebhook},
};

use super::caller;
use crate::fake::{Answer, Fake, Request};

const PARENT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const CHILD: &str = "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const SENDER: &str = "XEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn api(fake: &Fake) -> Api {
    let mut account = Account::new(PARENT);
    account.base_url = Some(fake.url("/"));
    account.auth_token = Some("parent-token".into());
    Api::new(caller(), account).unwrap()
}

fn sender() -> Value {
    json!({"sid": SENDER, "status": "ONLINE:UPDATING", "sender_id": "whatsapp:+15017122661",
        "configuration": {"waba_id": "12345678912345"}, "profile": {"name": "Example", "emails": null},
        "webhook": {"callback_url": "https://callback.example.com"}, "compliance": null,
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
        "offline_reasons": [{"code": "63020", "message": "not accepted"}], "url": "https://messaging.twilio.com"})
}

#[tokio::test]
async fn a_sender_is_read_and_kept_as_it_came() {
    let fake = Fake::start(|_| Answer::Json(200, sender())).await;
    let found = api(&fake).sender(SENDER).await.unwrap();
    assert!(found.status.as_ref().unwrap().is(SenderStatus::Online));
    assert!(found.quality_rating.as_ref().unwrap().is(Quality::Green));
    assert_eq!(found.phone_number(), Some("+15017122661"));
    assert_eq!(found.offline_reasons, [("63020".into(), "not accepted".into())]);
    assert_eq!(found.raw, sender());
    let request = &fake.seen()[0];
    assert_eq!(request.path(), format!("/v2/Channels/Senders/{SENDER}"));
    assert!(request.header("authorization").unwrap().starts_with("Basic "));
}

/// Pages of senders, each naming the next as `next` makes it.
async fn pages(next: impl Fn(&Fake, usize) -> Value + Send + Sync + 'static) -> Fake {
    let links = std::sync::Arc::new(std::sync::OnceLock::<Vec<Value>>::new());
    let seen = links.clone();
    let fake = Fake::start(move |request: &Request| {
        let page: usize = request.query("Page").map_or(0, |page| page.parse().unwrap());
        let next = seen.get().unwrap().get(page).cloned().unwrap_or_default();
        Answer::Json(
            200,
            json!({"senders": [sender()], "meta": {"key": "senders", "next_page_url": next}}),
        )
    })
    .await;
    links.set((0..3).map(|page| next(&fake, page)).collect()).unwrap();
    fake
}

#[tokio::test]
async fn pages_are_followed_within_the_same_place() {
    let fake = pages(|fake, page| {
        let path = format!("/v2/Channels/Senders?PageSize=200&Channel=whatsapp&Page={}", page + 1);
        if page < 2 { fake.url(&path).to_string().into() } else { Value::Null }
    })
    .await;
    assert_eq!(api(&fake).senders().await.unwrap().items.len(), 3);
    assert_eq!(fake.seen()[0].query("Channel").as_deref(), Some("whatsapp"));
}

#[tokio::test]
async fn pages_are_not_followed_anywhere_else() {
    let elsewhere = Fake::start(|_| Answer::Json(200, json!({"senders": []}))).await;
    let lures = [
        elsewhere.url("/v2/Channels/Senders?Page=1").to_string(),
        "https://169.254.169.254/v2/Channels/Senders".to_owned(),
        "/v2/Services".to_owned(),
        "//elsewhere.example/v2/Channels/Senders".to_owned(),
    ];
    for lure in lures {
        let link = lure.clone();
        let fake = pages(move |_, _| link.clone().into()).await;
        let failed = api(&fake).senders().await.unwrap_err();
        assert_eq!((failed.failure, failed.kind), (Failure::Redirected, Kind::Invalid), "{lure}");
        assert_eq!(fake.seen().len(), 1, "{lure}");
    }
    assert!(elsewhere.seen().is_empty(), "the credentials went to another host");
}

#[tokio::test]
async fn a_subaccount_is_made_once_and_speaks_for_itself() {
    let fake = Fake::start(|request: &Request| match (request.method.as_str(), request.path()) {
        ("POST", "/2010-04-01/Accounts.json") => Answer::Json(201, json!({
            "sid": CHILD, "auth_token": "child-token", "friendly_name": "Customer A", "status": "active",
            "owner_account_sid": PARENT, "date_created": "Thu, 30 Jul 2015 20:00:00 +0000"})),
        ("GET", _) => Answer::Json(200, json!({"senders": [], "meta": {}})),
        _ => Answer::Json(200, json!({"sid": CHILD, "status": "suspended"})),
    })
    .await;
    let parent = api(&fake);
    let made = parent.create_subaccount("Customer A & Söhne").await.unwrap();
    let token = made.auth_token.clone().unwrap();
    assert_eq!(token.expose_secret(), "child-token");
    assert!(
        !made.raw.to_string().contains("child-token")
            && !format!("{made:?}").contains("child-token")
    );
    assert_eq!(made.created_at.unwrap().as_second(), 1_438_286_400);
    assert_eq!(fake.seen()[0].body, "FriendlyName=Customer+A+%26+S%C3%B6hne");

    parent.set_subaccount_status(CHILD, AccountStatus::Suspended).await.unwrap();
    assert_eq!(fake.seen()[1].body, "Status=suspended");
    parent.of_subaccount(CHILD, token).senders().await.unwrap();
    let of = |request: &Request| request.header("authorization").unwrap().to_owned();
    assert_ne!(
        of(&fake.seen()[2]),
        of(&fake.seen()[0]),
        "the parent's token was used for the child"
    );

    let fake = Fake::start(|_| {
        Answer::Json(500, json!({"code": 20500, "message": "oops", "status": 500}))
    })
    .await;
    api(&fake).create_subaccount("Customer A").await.unwrap_err();
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn senders_are_made_changed_verified_and_deleted_as_the_specification_writes_it() {
    let fake = Fake::start(|request: &Request| match request.method.as_str() {
        "DELETE" => Answer::Text(204, String::new(), String::new()),
        _ => Answer::Json(202, json!({"sid": SENDER, "status": "CREATING", "profile": null})),
    })
    .await;
    let api = api(&fake);
    let webhook =
        SenderWebhook { callback_url: Some("https://a.example/in"), status_callback_url: None };
    let new = NewSender {
        phone_number: "+15017122661",
        name: "Example",
        waba_id: Some("12345678912345"),
        verification_method: Some("sms"),
        webhook,
    };
    assert!(api.create_sender(&new).await.unwrap().status.unwrap().is(SenderStatus::Creating));
    api.set_sender_webhook(SENDER, webhook).await.unwrap();
    api.verify_sender(SENDER, &"123456".into()).await.unwrap();
    api.delete_sender(SENDER).await.unwrap();
    let sent = fake.seen();
    let sent: Vec<String> = sent
        .iter()
        .map(|request| format!("{} {} {}", request.method, request.path(), request.body))
        .collect();
    insta::assert_snapshot!(sent.join("\n"));
}

#[tokio::test]
async fn both_shapes_of_errors_are_read() {
    let classic = json!({"code": 20404, "message": "no such sender", "more_info": "https://x", "status": 404});
    let newer = json!({"type": "https://x", "title": "Not found", "status": 404, "code": 20404,
        "detail": "no such sender", "errors": [{"detail": "d", "pointer": "/sid"}]});
    for body in [classic, newer] {
        let fake = Fake::start(move |_| Answer::Json(404, body.clone())).await;
        let failed = api(&fake).sender(SENDER).await.unwrap_err();
        assert_eq!((failed.kind, failed.code.as_deref()), (Kind::NotFound, Some("20404")));
        assert_eq!(failed.message.as_ref(), "no such sender");
    }
    let fake = Fake::start(|_| Answer::Json(200, json!({}))).await;
    let failed = api(&fake).sender("XE../../Accounts").await.unwrap_err();
    assert_eq!(failed.failure, Failure::Refused);
    assert!(fake.seen().is_empty());
}
