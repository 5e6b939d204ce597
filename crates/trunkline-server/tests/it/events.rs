//! From the body of a webhook to what the API and the pages show.

use std::fmt::Write;

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use trunkline_core::events::Source;
use trunkline_providers::webhooks::read;
use trunkline_server::watch::{forget, look};
use trunkline_store::events::{Arrival, Outcome, add_weeks, apply_events};

use crate::reads::fill;
use crate::support::Service;

/// Two statuses of a message and a limit, of company 1; a ban of company 2.
const BODY: &str = r#"{"object":"whatsapp_business_account","entry":[
    {"id":"1001","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"2001"},"statuses":[
        {"id":"wamid.1","status":"sent","timestamp":"1767322000","recipient_id":"16505551234"},
        {"id":"wamid.1","status":"failed","timestamp":"1767322001","errors":[{"code":131026,"title":"Undeliverable"}]}]}}]},
    {"id":"1001","time":1767322002,"changes":[{"field":"business_capability_update","value":{"max_daily_conversations_per_business":"TIER_2K"}}]},
    {"id":"1001","time":1767322003,"changes":[{"field":"business_capability_update","value":{"max_daily_conversations_per_business":250}}]},
    {"id":"1002","time":1767322004,"changes":[{"field":"account_update","value":{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"January 2, 2026"}}}]}]}"#;

/// A service that has heard it, twice.
async fn told() -> Service {
    let service = Service::new().await;
    fill(&service).await;
    let events = read(Source::Meta, BODY.as_bytes()).unwrap();
    let received_at = service.clock.now();
    let arrivals: Vec<Arrival<'_>> = events
        .iter()
        .map(|event| Arrival { account_id: 1, inbox_id: Some(1), received_at, event })
        .collect();
    for expected in [Outcome::Applied, Outcome::Duplicate] {
        let mut connection = service.state.store.connection().await.unwrap();
        add_weeks(connection.executor(), [received_at]).await.unwrap();
        let transaction = connection.begin().await.unwrap();
        let outcomes = apply_events(transaction.executor(), &arrivals).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(outcomes, vec![expected; 5]);
    }
    service
}

#[tokio::test]
async fn what_a_webhook_says_is_shown_by_the_api() {
    let service = told().await;
    let key = service.api_key("viewer", None).await;
    let mut shown = String::new();
    for path in [
        "events",
        "events?message_id=wamid.1",
        "channels/meta-1/events",
        "channels/meta-1/events?client=true&kind=channel.limit_changed",
        "channels/meta-1/events?messages=true&kind=message.status&limit=1",
        "channels/meta-1/history",
        "channels/meta-1/history?aspect=name",
        "alerts?state=open&rule=limit_fell",
        "alerts/1",
    ] {
        let answer = service.get(&format!("/api/v1/{path}"), &key).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
        let mut page = answer.json();
        page.as_object_mut().unwrap().remove("next_cursor");
        let _ = writeln!(shown, "{path}\n{}", serde_json::to_string_pretty(&page).unwrap());
    }
    assert_snapshot!(shown);
    assert!(!shown.contains("16505551234"));
}

#[tokio::test]
async fn events_of_messages_are_asked_for_where_they_are_listed() {
    let service = told().await;
    let key = service.api_key("viewer", None).await;
    let kinds = async |path: &str| {
        let answer = service.get(&format!("/api/v1/{path}"), &key).await;
        let items = answer.json()["items"].as_array().map_or(0, Vec::len);
        (answer.status.as_u16(), items, answer.body.contains("message_id"))
    };
    assert_eq!(kinds("events?kind=message.status").await, (422, 0, true));
    assert_eq!(kinds("events?kind=message.status&message_id=wamid.1").await.1, 2);
    assert_eq!(kinds("events?kind=message.received&message_id=wamid.1").await.1, 0);
    assert_eq!(kinds("events?provider=twilio&message_id=wamid.1").await.1, 0);
    assert_eq!(kinds("channels/meta-1/events?kind=message.status").await.1, 2);
}

#[tokio::test]
async fn a_key_of_a_company_sees_the_events_and_alerts_of_its_own() {
    let service = told().await;
    let kinds = async |company| {
        let key = service.api_key("viewer", Some(company)).await;
        let items = async |path: &str, name: &str| {
            let page = service.get(path, &key).await.json();
            let items = page["items"].as_array().unwrap().clone();
            items.iter().map(|item| item[name].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        [
            items("/api/v1/events", "kind").await,
            items("/api/v1/events?message_id=wamid.1", "kind").await,
            items("/api/v1/alerts", "rule").await,
        ]
    };
    assert_eq!(
        kinds(1).await,
        [
            vec!["channel.limit_changed", "channel.limit_changed", "channel.updated"],
            vec!["message.status", "message.status"],
            vec!["limit_fell", "quality_fell"],
        ]
    );
    assert_eq!(
        kinds(2).await,
        [vec!["client.ban_changed"], vec![], vec!["restricted", "disconnected"]]
    );
}

#[tokio::test]
async fn an_operator_acknowledges_and_resolves_by_page_and_by_key_and_a_viewer_does_not() {
    let service = told().await;
    let operator = service.sign_in("operator").await;
    let page = service.page("/admin/alerts?state=open", &operator).await;
    assert!(page.body.contains("Limit fell") && page.body.contains("from 2000 to 250"));
    let done = service.submit("/admin/alerts/1/acknowledge", &operator, "").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/admin/alerts"));
    let page = service.page("/admin/alerts?state=acknowledged", &operator).await;
    assert!(page.body.contains("by operator@example.com"));

    let viewer = service.sign_in("viewer").await;
    let page = service.page("/admin/alerts", &viewer).await;
    assert!(page.body.contains("Acknowledged") && !page.body.contains("/acknowledge\""));
    assert_eq!(service.submit("/admin/alerts/1/resolve", &viewer, "").await.status.as_u16(), 403);
    let key = service.api_key("viewer", None).await;
    let refused = service.call("POST", "/api/v1/alerts/1/resolve", &key, &Value::Null).await;
    assert_eq!(refused.status.as_u16(), 403);

    let key = service.api_key("operator", Some(1)).await;
    for _ in 0..2 {
        let answer = service.call("POST", "/api/v1/alerts/1/resolve", &key, &Value::Null).await;
        let alert = answer.json();
        assert_eq!((&alert["state"], &alert["resolved_by"]), (&json!("resolved"), &json!("test")));
    }
    let audit = "SELECT action, actor_name FROM trunkline.audit_log WHERE object_kind = 'alert' ORDER BY id";
    let rows = service.client.query(audit, &[]).await.unwrap();
    let acts: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let pair = |action: &str, actor: &str| (action.to_owned(), actor.to_owned());
    assert_eq!(
        acts,
        [pair("alert.acknowledged", "operator@example.com"), pair("alert.resolved", "test")]
    );
}

#[tokio::test]
async fn the_overview_shows_what_needs_attention_before_anything_else() {
    let service = told().await;
    let viewer = service.sign_in("viewer").await;
    let page = service.page("/admin", &viewer).await.body;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(place("What needs attention") < place("class=\"stats\""));
    assert!(place("Out of reach") < place("Quality fell"), "the worst first");

    let newer = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, label, opened_at, changed_at)
        SELECT 'limit_fell', 'warning', 'twilio', 'channel', number, 'newer', '2026-01-02Z', '2026-01-02Z'
        FROM generate_series(1, 200) AS number";
    service.client.batch_execute(newer).await.unwrap();
    let page = service.page("/admin", &viewer).await.body;
    assert!(page.contains("Out of reach"), "however many newer ones there are");
}

#[tokio::test]
async fn what_is_wrong_with_webhooks_stands_before_the_alerts_and_in_the_readiness() {
    let service = told().await;
    service
        .client
        .batch_execute("SELECT trunkline.add_webhook_partition('2026-01-02')")
        .await
        .unwrap();
    let stuck = "
        INSERT INTO trunkline.webhook_inbox (day, received_at, account_id, source, digest, lanes, body)
        VALUES ('2026-01-02', '2026-01-02T02:00:00Z', 1, 'meta', 'a', '\\x05', '{}');
        INSERT INTO trunkline.webhook_queue (lane, inbox_id, inbox_day, due_at)
        SELECT 5, id, day, '2026-02-01Z' FROM trunkline.webhook_inbox;
        INSERT INTO trunkline.webhook_dead_letters VALUES (99, 5, '2026-01-02', 8, 'the body is no JSON', '2026-01-02Z');
        INSERT INTO trunkline.webhook_quarantine VALUES (98, 5, '2026-01-02', 'meta', '2', NULL, '2026-01-02Z');";
    service.client.batch_execute(stuck).await.unwrap();
    let page = service.page("/admin", &service.sign_in("viewer").await).await.body;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(place("1 webhook could not be worked on") < place("the oldest for 64 minutes"));
    assert!(place("the oldest for 64 minutes") < place("1 webhook of a client or channel"));
    assert!(place("1 webhook of a client or channel") < place("Out of reach"));

    assert_eq!(service.page("/health/ready", "").await.body, r#"{"ready":true}"#);
    trunkline_server::work_once(&service.state).await;
    let ready = service.page("/health/ready", "").await.json();
    assert_eq!(
        ready["webhooks"],
        json!({ "waiting": 1, "oldest_seconds": 3845, "dead_letters": 1, "quarantined": 1 })
    );
}

#[tokio::test]
async fn the_page_of_a_channel_shows_how_it_stood_and_what_was_heard_of_it() {
    let service = told().await;
    let viewer = service.sign_in("viewer").await;
    let page = service.page("/admin/channels/meta-1", &viewer).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    let page = page.body;
    for text in [
        "<title id=\"limit-title\">Messaging limit over time</title>",
        "now 250.",
        "lane-step",
        "Channel updated",
        // Meta says it of the whole account.
        "Channel limit changed",
        "max_daily",
    ] {
        let is_there = page.contains(text);
        assert_eq!(is_there, text != "max_daily", "{text}: {page}");
    }
    assert!(!page.contains("wamid.1"), "messages are another list");
    let page = service.page("/admin/channels/meta-1?messages=true", &viewer).await.body;
    assert!(page.contains("wamid.1") && page.contains("131026 Undeliverable"), "{page}");
    let page = service.page("/admin/channels/twilio-1", &viewer).await.body;
    assert!(
        page.contains("has changed since it was first seen")
            && page.contains("Nothing was heard yet")
    );
    let refused = service.page("/admin/channels/meta-1?cursor=x", &viewer).await;
    assert_eq!(refused.status.as_u16(), 422);
    let page = service.page("/admin/channels/meta-1", &viewer).await.body;
    // The facts above have a time that the database gave.
    let main = crate::people::main_of(&page);
    let (_, history) = main.split_once("id=\"history\"").unwrap();
    assert_snapshot!(history);
}

#[tokio::test]
async fn silence_opens_an_alert_and_old_weeks_of_events_are_dropped() {
    let service = told().await;
    let account = "INSERT INTO public.partner_configurations (id, provider, partner_id) VALUES (1, 'meta', '9001')";
    service.client.batch_execute(account).await.unwrap();
    service.clock.advance(SignedDuration::from_hours(25));
    look(&service.state).await.unwrap();
    let key = service.api_key("viewer", None).await;
    let alerts = service.get("/api/v1/alerts?rule=webhook_silent", &key).await.json();
    assert_eq!(
        (&alerts["items"][0]["subject"], &alerts["items"][0]["subject_id"]),
        (&json!("account"), &json!("1"))
    );

    let count = "SELECT count(*) FROM trunkline.events";
    forget(&service.state).await.unwrap();
    assert_eq!(service.client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 6);
    service.clock.advance(SignedDuration::from_hours(24 * 100));
    forget(&service.state).await.unwrap();
    assert_eq!(service.client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}
