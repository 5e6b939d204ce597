use serde_json::{Value, json};
use trunkline_core::{ChannelStatus, events::Fact};
use trunkline_providers::{
    dialog360::{Account, Api, ChannelState, ClientEdit, HubStatus, Limit, PartnerEdit, Quality},
    error::{Failure, Kind},
};

use super::caller;
use crate::fake::{Answer, Fake, Request};

const KEY: &str = "partner-key-0123456789";

fn api(fake: &Fake) -> Api {
    let mut account = Account::new("examplePA");
    account.base_url = Some(fake.url("/api/v2"));
    account.api_key = Some(KEY.into());
    Api::new(caller(), account).unwrap()
}

fn channel(number: usize) -> Value {
    if number > 0 {
        return json!({ "id": format!("channel{number}CH") });
    }
    json!({
        "id": format!("channel{number}CH"), "client_id": "exampleCL", "status": "ready", "hub_status": "pending_deletion",
        "current_limit": "TIER_1K", "current_quality_rating": "High", "is_on_biz_app": false,
        "client": {"name": "Acme GmbH"},
        "setup_info": {"phone_number": "15553785635", "phone_name": "Acme Support"},
        "waba_account": {"id": "w1", "external_id": "102290129340398"}, "new_field": {"a": [1]}})
}

/// A list of so many channels, by pages.
async fn listing(total: usize, tells_total: bool) -> Fake {
    Fake::start(move |request: &Request| {
        let number = |name: &str| request.query(name).unwrap().parse::<usize>().unwrap();
        let (limit, offset) = (number("limit"), number("offset"));
        let page: Vec<Value> = (offset..total.min(offset + limit)).map(channel).collect();
        let mut answer = json!({"limit": limit, "offset": offset, "count": page.len(), "partner_channels": page});
        if tells_total {
            answer["total"] = total.into();
        }
        Answer::Json(200, answer)
    })
    .await
}

#[tokio::test]
async fn every_page_is_read_with_and_without_a_total() {
    for (total, tells_total, requests) in
        [(450, true, 3), (450, false, 3), (400, true, 2), (400, false, 3), (0, false, 1)]
    {
        let fake = listing(total, tells_total).await;
        let channels = api(&fake).channels().await.unwrap();
        assert_eq!((channels.items.len(), channels.unread), (total, 0));
        assert_eq!(fake.seen().len(), requests, "{total}, {tells_total}");
        let mut ids: Vec<_> = channels.items.iter().map(|channel| channel.id.clone()).collect();
        ids.dedup();
        assert_eq!(ids.len(), total);
    }
}

#[tokio::test]
async fn a_page_that_is_smaller_than_asked_for_is_not_the_last_and_an_empty_one_is_not_the_end() {
    // 360dialog gives 100 at a time whatever is asked for, and does not say how many there are.
    let fake = Fake::start(|request: &Request| {
        let offset: usize = request.query("offset").unwrap().parse().unwrap();
        let page: Vec<Value> = (offset..250.min(offset + 100)).map(channel).collect();
        Answer::Json(200, json!({"limit": 100, "offset": offset, "partner_channels": page}))
    })
    .await;
    let channels = api(&fake).channels().await.unwrap();
    assert_eq!((channels.items.len(), channels.is_whole), (250, true));
    // It says that there are more, and gives none.
    let fake = Fake::start(|request: &Request| {
        let first = request.query("offset").as_deref() == Some("0");
        let page: Vec<Value> = (0..200).filter(|_| first).map(channel).collect();
        Answer::Json(200, json!({"total": 300, "partner_channels": page}))
    })
    .await;
    let channels = api(&fake).channels().await.unwrap();
    assert_eq!((channels.items.len(), channels.is_whole), (200, false));
}

#[tokio::test]
async fn how_a_channel_stands_is_read_as_its_webhooks_are() {
    let read = async |changes: Value| {
        let mut shown = channel(1);
        shown.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let fake = Fake::start(move |_| {
            Answer::Json(200, json!({"total": 1, "partner_channels": [shown.clone()]}))
        })
        .await;
        let channels = api(&fake).channels().await.unwrap();
        channels.items[0].facts().into_iter().find_map(|fact| match fact {
            Fact::ChannelStatus { status, word } => Some((status, word)),
            _ => None,
        })
    };
    for (changes, status, word) in [
        (
            json!({"status": "ready", "account_mode": "live", "hub_status": "live"}),
            ChannelStatus::Running,
            "live",
        ),
        (
            json!({"status": "created", "account_mode": null, "hub_status": null}),
            ChannelStatus::Pending,
            "created",
        ),
        (
            json!({"status": "error", "account_mode": "live", "hub_status": "live"}),
            ChannelStatus::Failed,
            "error",
        ),
        (
            json!({"status": "ready", "account_mode": "live", "hub_status": "Deleted"}),
            ChannelStatus::Deleted,
            "deleted",
        ),
        (
            json!({"status": "ready", "hub_status": "live", "terminated_at": "2026-01-02T03:04:05Z"}),
            ChannelStatus::Disconnected,
            "terminated",
        ),
    ] {
        assert_eq!(read(changes.clone()).await, Some((status, word.to_owned())), "{changes}");
    }
    let unknown = json!({"status": "on_the_moon", "account_mode": "sandbox", "hub_status": null});
    assert_eq!(read(unknown).await, None);
}

#[tokio::test]
async fn a_list_that_never_ends_is_given_up() {
    let fake = Fake::start(|_| {
        Answer::Json(200, json!({"total": 1_000_000_000, "partner_channels": [channel(1)]}))
    })
    .await;
    let failed = api(&fake).channels().await.unwrap_err();
    assert_eq!(failed.failure, Failure::TooLarge);
}

#[tokio::test]
async fn a_channel_is_read_by_name_and_kept_as_it_came() {
    let fake = listing(1, true).await;
    let channel = api(&fake).channel("channel0CH").await.unwrap().unwrap();
    assert!(channel.status.as_ref().unwrap().is(ChannelState::Ready));
    assert!(channel.hub_status.as_ref().unwrap().is(HubStatus::PendingDeletion));
    assert!(channel.current_limit.as_ref().unwrap().is(Limit::Tier1K));
    let quality = channel.current_quality_rating.as_ref().unwrap();
    assert_eq!((quality.known(), quality.as_str()), (Some(Quality::Green), "High"));
    assert_eq!(channel.phone_number.as_deref(), Some("15553785635"));
    assert_eq!(channel.waba_id.as_deref(), Some("102290129340398"));
    assert_eq!(channel.raw["new_field"], json!({"a": [1]}));
    let request = &fake.seen()[0];
    assert_eq!(request.query("filters").as_deref(), Some(r#"{"id":"channel0CH"}"#));
    assert_eq!(request.header("x-api-key"), Some(KEY));
}

#[tokio::test]
async fn entries_that_cannot_be_read_are_counted_and_the_rest_is_read() {
    let fake = Fake::start(|_| {
        let clients =
            json!([{"id": "aCL", "status": 7, "created_at": "soon"}, null, "b", {"name": "no id"}]);
        Answer::Json(200, json!({"total": 4, "clients": clients}))
    })
    .await;
    let clients = api(&fake).clients().await.unwrap();
    assert_eq!((clients.items.len(), clients.unread), (1, 3));
    assert_eq!(clients.items[0].status.as_ref().unwrap().as_str(), "7");
    assert_eq!(clients.items[0].created_at, None);
}

#[tokio::test]
async fn a_new_key_is_read_and_shown_in_nothing() {
    let fake = Fake::start(|_| {
        let key = json!({"id": "k1", "address": "https://waba-v2.360dialog.io", "api_key": "channel-secret-1", "app_id": "a"});
        Answer::Json(201, key)
    })
    .await;
    let key = api(&fake).create_channel_key("exampleCH").await.unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&key.api_key), "channel-secret-1");
    assert!(!format!("{key:?}").contains("channel-secret-1"));
    let request = &fake.seen()[0];
    assert_eq!(
        (request.method.as_str(), request.path()),
        ("POST", "/api/v2/partners/examplePA/channels/exampleCH/api_keys")
    );
}

#[tokio::test]
async fn a_key_without_permission_is_forbidden() {
    let fake = Fake::start(|_| {
        let meta = json!({"success": false, "http_code": 403, "developer_message": "Forbidden"});
        Answer::Json(403, json!({ "meta": meta }))
    })
    .await;
    let failed = api(&fake).create_channel_key("exampleCH").await.unwrap_err();
    assert_eq!((failed.kind, failed.message.as_ref()), (Kind::Permission, "Forbidden"));
}

#[tokio::test]
async fn changes_are_sent_as_the_reference_writes_them() {
    let fake = Fake::start(|_| {
        Answer::Json(200, json!({"id": "examplePA", "webhook_url": "https://a.example"}))
    })
    .await;
    let api = api(&fake);
    let edit = PartnerEdit { webhook_url: Some("https://a.example"), ..PartnerEdit::default() };
    api.edit_partner(&edit).await.unwrap();
    api.set_partner_webhook_url("https://a.example").await.unwrap();
    assert_eq!(api.partner_webhook_url().await.unwrap().as_deref(), Some("https://a.example"));
    api.edit_client("exampleCL", &ClientEdit { partner_payload: Some("42"), max_channels: None })
        .await
        .unwrap();
    api.cancel_channel("exampleCL", "exampleCH").await.unwrap();
    api.reactivate_channel("exampleCL", "exampleCH").await.unwrap();
    api.delete_channel_keys("exampleCH").await.unwrap();
    api.set_auto_approve(true).await.unwrap();
    let sent = fake.seen();
    let sent: Vec<String> = sent
        .iter()
        .map(|request| {
            let path = request.path().replace("/api/v2/partners/examplePA", "");
            format!("{} {path} {}", request.method, request.body)
        })
        .collect();
    insta::assert_snapshot!(sent.join("\n"));
}

#[tokio::test]
async fn balances_and_templates_are_read() {
    let fake = Fake::start(|request: &Request| match request.path().rsplit('/').next().unwrap() {
        "balance" if request.path().contains("clients") => {
            Answer::Json(200, json!({"balance": 12.34, "currency": "EUR", "usage": []}))
        }
        "balance" => Answer::Json(200, json!([{"currency": "usd", "total": 0.5}, {"total": 3}])),
        _ => Answer::Json(200, json!({"total": 1, "waba_templates": [{"id": "t1", "name": "order", "status": "approved"}]})),
    })
    .await;
    let api = api(&fake);
    let balances = api.balance().await.unwrap();
    assert_eq!((balances.len(), balances[0].total), (1, Some(0.5)));
    assert_eq!(api.client_balance("exampleCL", None).await.unwrap().balance, Some(12.34));
    assert_eq!(api.templates("w1").await.unwrap().items[0].status.as_deref(), Some("approved"));
}

#[tokio::test]
async fn a_numbers_webhook_is_set_with_the_channels_own_key() {
    let fake = Fake::start(|request: &Request| {
        let url = (request.method == "POST").then(|| request.json()["url"].clone());
        Answer::Json(200, json!({"url": url, "headers": {"X-Webhook-Secret": "hidden-value"}}))
    })
    .await;
    let address = fake.url("/");
    let (key, secret) = ("channel-key-1".into(), "hidden-value".into());
    let header = Some(("X-Webhook-Secret", &secret));
    let set = api(&fake)
        .set_number_webhook(Some(&address), &key, "https://a.example/w", header)
        .await
        .unwrap();
    assert_eq!(set.url.as_deref(), Some("https://a.example/w"));
    assert_eq!(set.header_names, ["X-Webhook-Secret".into()]);
    let read = api(&fake).number_webhook(Some(&address), &key).await.unwrap();
    assert_eq!(read.url, None);
    for request in fake.seen() {
        assert_eq!(request.header("d360-api-key"), Some("channel-key-1"));
        assert_eq!(
            request.header("x-api-key"),
            None,
            "the partner's key went to the messaging API"
        );
    }
}

#[tokio::test]
async fn an_account_without_a_key_asks_nothing() {
    let failed = Api::new(caller(), Account::new("examplePA")).unwrap_err();
    assert_eq!((failed.kind, failed.failure), (Kind::Authentication, Failure::Credential));
}
