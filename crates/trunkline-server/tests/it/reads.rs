//! Companies, clients and channels by the API.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Service;

/// A client with a channel at every provider, for company 1 and for company 2; what belongs to the
/// first is called Alpha.
const COMPANIES: &str = "
    INSERT INTO public.dialog_360_clients (company_id, client_id, client_name, status, created_at, updated_at)
    VALUES (1, 'AAA-CL', 'Alpha', 'active', '2025-01-01Z', '2025-01-01Z'),
        (2, 'BBB-CL', 'Beta', 'active', '2025-01-02Z', '2025-01-02Z');
    INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id, business_account_name, created_at, updated_at)
    VALUES (1, '1001', 'Alpha', '2025-01-01Z', '2025-01-03Z'), (2, '1002', 'Beta', '2025-01-02Z', '2025-01-02Z');
    INSERT INTO trunkline.twilio_clients (company_id, account_sid, account_name, created_at, updated_at)
    VALUES (1, 'AC1', 'Alpha', '2025-01-01Z', '2025-01-01Z'), (2, 'AC2', 'Beta', '2025-01-02Z', '2025-01-02Z');

    INSERT INTO public.dialog_360_channels (client_id, channel_id, phone_number, display_name, status, provider_status,
        api_key, quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
        provider_messaging_limit, created_at, updated_at)
    VALUES (1, 'CH1', '+491510000001', 'Alpha', 'running', 'live', 'tlk1.aaaaaaaa.secret', 'green', 'High', 1000, 'number',
            'TIER_1K', '2025-02-01Z', '2025-03-01Z'),
        (2, 'CH2', '+491510000002', 'Beta', 'failed', NULL, NULL, 'unknown', NULL, NULL, NULL, NULL, '2025-02-01Z', '2025-03-01Z');
    INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, display_name, status,
        provider_status, quality_rating, access_token, created_at, updated_at)
    VALUES (1, '2001', '+447700000001', 'Alpha', 'verified', 'CONNECTED', 'red', 'tlk1.aaaaaaaa.secret', '2025-02-01Z', '2025-03-01Z'),
        (2, '2002', NULL, 'Beta', 'flagged', 'FLAGGED', 'yellow', NULL, '2025-02-02Z', '2025-03-02Z');
    INSERT INTO trunkline.twilio_senders (client_id, sender_sid, phone_number, display_name, status, auth_token,
        created_at, updated_at)
    VALUES (1, 'XE1', '+12025550001', 'Alpha', 'running', 'tlk1.aaaaaaaa.secret', '2025-02-01Z', '2025-03-01Z'),
        (2, 'XE2', '+12025550002', 'Beta', 'pending', NULL, '2025-02-03Z', '2025-03-03Z');

    INSERT INTO trunkline.audit_log (occurred_at, actor_kind, actor_name, action, object_kind, object_id, company_id)
    VALUES ('2025-01-01Z', 'system', 'Alpha', 'channel.updated', 'channel', 'meta-1', 1);

    SELECT trunkline.add_event_partition('2025-12-29');
    INSERT INTO trunkline.events (week, key, kind, provider, provider_kind, account_id, client_id, channel_id, received_at,
        occurred_at, outcome, raw)
    VALUES ('2025-12-29', 'key', 'channel.updated', 'meta', 'security', 1, 1, 1, '2026-01-01Z', '2026-01-01Z', 'applied',
        '{\"name\": \"Alpha\"}');
    INSERT INTO trunkline.fact_history (provider, subject, subject_id, aspect, after, occurred_at, recorded_at, told_by)
    VALUES ('meta', 'channel', 1, 'name', 'Alpha', '2026-01-01Z', '2026-01-01Z', 'sync');
    INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, company_id, label, opened_at, changed_at)
    VALUES ('quality_fell', 'warning', 'meta', 'channel', 1, 1, 'Alpha', '2026-01-01Z', '2026-01-01Z');";

pub(crate) async fn fill(service: &Service) {
    service.client.batch_execute(COMPANIES).await.unwrap();
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// The ids of a whole list, read in pages of `limit`.
async fn walk(service: &Service, key: &str, path: &str, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = format!("{path}&limit={limit}");
    loop {
        let answer = service.get(&next, key).await;
        assert_eq!(answer.status.as_u16(), 200, "{next}: {}", answer.body);
        let page = answer.json();
        assert!(page["items"].as_array().unwrap().len() <= limit);
        all.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        next = format!("{path}&limit={limit}&cursor={cursor}");
    }
}

#[tokio::test]
async fn a_channel_is_shown_in_common_words_and_the_providers_own_without_credentials() {
    let service = Service::new().await;
    fill(&service).await;
    let key = service.api_key("viewer", None).await;
    let mut shown = String::new();
    for path in [
        "channels/360dialog-1",
        "channels/meta-1",
        "channels/twilio-2",
        "clients/meta-1",
        "companies/1",
    ] {
        let answer = service.get(&format!("/api/v1/{path}"), &key).await;
        assert!(!answer.body.contains("tlk1."), "{}", answer.body);
        shown.push_str(&serde_json::to_string_pretty(&answer.json()).unwrap());
        shown.push('\n');
    }
    assert_snapshot!(shown);
    for id in ["meta-3", "meta-01", "1", "nobody-1", "meta-99999999999"] {
        let answer = service.get(&format!("/api/v1/channels/{id}"), &key).await;
        assert_eq!(answer.status.as_u16(), 404, "{id}");
    }
}

#[tokio::test]
async fn what_the_database_keeps_as_json_is_what_the_document_describes() {
    let service = Service::new().await;
    fill(&service).await;
    let key = service.api_key("viewer", None).await;
    let document = serde_json::to_value(trunkline_server::api::document()).unwrap();
    for (path, schema) in [("channels", "Channel"), ("clients", "Client")] {
        let properties = &document["components"]["schemas"][schema]["properties"];
        let page = service.get(&format!("/api/v1/{path}"), &key).await.json();
        let fields = |value: &Value| -> BTreeSet<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        for item in page["items"].as_array().unwrap() {
            assert_eq!(fields(item), fields(properties), "{path}");
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_give_every_channel_once_in_the_order_of_the_list() {
    let service = Service::new().await;
    fill(&service).await;
    let key = service.api_key("viewer", None).await;
    for (path, order) in [
        (
            "/api/v1/channels?sort=updated_at",
            ["360dialog-1", "360dialog-2", "meta-1", "twilio-1", "meta-2", "twilio-2"],
        ),
        (
            "/api/v1/channels?sort=created_at",
            ["360dialog-1", "360dialog-2", "meta-1", "twilio-1", "meta-2", "twilio-2"],
        ),
        (
            "/api/v1/channels?sort=phone_number",
            ["meta-2", "twilio-1", "twilio-2", "meta-1", "360dialog-1", "360dialog-2"],
        ),
    ] {
        let mut backwards = order;
        backwards.reverse();
        for limit in 1..=7 {
            assert_eq!(walk(&service, &key, path, limit).await, order, "{path} {limit}");
            let path = path.replace("sort=", "sort=-");
            assert_eq!(walk(&service, &key, &path, limit).await, backwards, "{path} {limit}");
        }
    }
}

#[tokio::test]
async fn every_filter_leaves_what_it_says() {
    let service = Service::new().await;
    fill(&service).await;
    let bind = "
        INSERT INTO public.partner_configurations (id, provider, partner_id) VALUES (7, 'meta', '7');
        UPDATE public.meta_whatsapp_clients SET partner_configuration_id = 7 WHERE id = 2";
    service.client.batch_execute(bind).await.unwrap();
    let key = service.api_key("viewer", None).await;
    for (query, expected) in [
        ("partner_account_id=7", &["meta-2"][..]),
        ("partner_account_id=7&sort=-updated_at&updated_since=2025-03-03T00:00:00Z", &[]),
        ("partner_account_id=7&company_id=2&status=flagged&sort=created_at", &["meta-2"]),
        ("partner_account_id=7&company_id=1", &[]),
        ("partner_account_id=8", &[]),
        ("provider=meta", &["meta-1", "meta-2"]),
        ("status=running", &["360dialog-1", "meta-1", "twilio-1"]),
        ("status=flagged", &["meta-2"]),
        ("status=failed", &["360dialog-2"]),
        ("status=failed&provider=meta", &[]),
        ("quality_rating=red", &["meta-1"]),
        ("status=running&quality_rating=green", &["360dialog-1"]),
        ("company_id=2&sort=-updated_at", &["twilio-2", "meta-2", "360dialog-2"]),
        ("client_id=meta-2", &["meta-2"]),
        ("client_id=meta-2&company_id=1", &[]),
        ("phone_number=%2B491510000002", &["360dialog-2"]),
        ("phone_number=+491510000002&status=running", &[]),
        ("phone_number_prefix=49151", &["360dialog-1", "360dialog-2"]),
        ("phone_number_prefix=1&company_id=2&sort=-created_at&status=pending", &["twilio-2"]),
        ("updated_since=2025-03-02T00:00:00Z", &["meta-2", "twilio-2"]),
        ("q=beta&provider=meta", &["meta-2"]),
        ("q=447700&messaging_limit=0&sort=created_at", &["meta-1"]),
        ("q=360dialog-2", &["360dialog-2"]),
        ("messaging_limit=1000", &["360dialog-1"]),
        ("updated_since=-009998-01-01T00:00:00Z&limit=1", &["360dialog-1"]),
        (
            "company_id=2&updated_since=2025-03-02T00:00:00Z&sort=phone_number",
            &["meta-2", "twilio-2"],
        ),
        ("company_id=2147483647", &[]),
    ] {
        let page = service.get(&format!("/api/v1/channels?{query}"), &key).await;
        assert_eq!(page.status.as_u16(), 200, "{query}: {}", page.body);
        assert_eq!(ids(&page.json()), expected, "{query}");
    }
    for (query, expected) in [
        ("", &["360dialog-1", "twilio-1", "360dialog-2", "meta-2", "twilio-2", "meta-1"][..]),
        ("partner_account_id=7", &["meta-2"]),
        ("partner_account_id=7&company_id=2&status=pending&sort=created_at", &["meta-2"]),
        ("status=active&sort=-updated_at", &["360dialog-2", "360dialog-1"]),
        ("provider=twilio&sort=-created_at", &["twilio-2", "twilio-1"]),
        ("company_id=1&status=pending&sort=created_at", &["meta-1", "twilio-1"]),
        ("updated_since=2025-01-03T00:00:00Z", &["meta-1"]),
    ] {
        let page = service.get(&format!("/api/v1/clients?{query}"), &key).await;
        assert_eq!(page.status.as_u16(), 200, "{query}: {}", page.body);
        assert_eq!(ids(&page.json()), expected, "{query}");
    }
}

#[tokio::test]
async fn companies_are_found_by_name_in_its_order_a_page_at_a_time() {
    let service = Service::new().await;
    let more = "INSERT INTO companies (id, name)
        VALUES (3, 'hotel Übersee'), (4, 'Hotel Ärger'), (5, 'HOTEL ÄRGER'), (6, 'Hotel'), (7, 'Hostel'), (8, 'Motel')";
    service.client.batch_execute(more).await.unwrap();
    let key = service.api_key("viewer", None).await;
    for (prefix, expected) in [
        ("hotel", &[6_i64, 4, 5, 3][..]),
        ("HOTEL%20%C3%A4", &[4, 5]),
        ("gar", &[2]),
        ("otel", &[]),
    ] {
        for limit in 1..=5 {
            let path = format!("/api/v1/companies?name_prefix={prefix}&limit={limit}");
            let (mut found, mut next) = (Vec::new(), path.clone());
            loop {
                let page = service.get(&next, &key).await.json();
                let items = page["items"].as_array().unwrap();
                found.extend(items.iter().map(|company| company["id"].as_i64().unwrap()));
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                next = format!("{path}&cursor={cursor}");
            }
            assert_eq!(found, expected, "{path}");
        }
    }
    let page = service.get("/api/v1/companies?name_prefix=hotel&limit=1", &key).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let other =
        service.get(&format!("/api/v1/companies?name_prefix=h&cursor={cursor}"), &key).await;
    assert_eq!(other.status.as_u16(), 422, "a place among other names: {}", other.body);
    let own = service.api_key("viewer", Some(5)).await;
    let page = service.get("/api/v1/companies?name_prefix=hotel", &own).await.json();
    assert_eq!(page["items"], serde_json::json!([{ "id": 5, "name": "HOTEL ÄRGER" }]));
}

#[tokio::test]
async fn what_no_index_gives_and_what_is_not_understood_is_refused_by_name() {
    let service = Service::new().await;
    let key = service.api_key("viewer", None).await;
    let own = service.api_key("viewer", Some(2)).await;
    let mut refusals = Vec::new();
    for query in [
        "channels?status=running&sort=created_at",
        "channels?quality_rating=red&sort=phone_number",
        "channels?updated_since=2025-01-01T00:00:00Z&sort=-created_at",
        "channels?phone_number_prefix=49&sort=updated_at",
        "channels?partner_account_id=7&status=running",
        "channels?partner_account_id=7&provider=meta",
        "channels?partner_account_id=7&sort=created_at",
        "channels?partner_account_id=7&phone_number_prefix=49",
        "channels?status=verified",
        "channels?client_id=7",
        "channels?phone_number=0049-151",
        "channels?phone_number=1234567890123456",
        "channels?company_id=99999999999",
        "channels?company_id=seven",
        "channels?updated_since=yesterday",
        "channels?q=al",
        "channels?messaging_limit=250&sort=created_at",
        "channels?colour=red",
        "channels?sort=name",
        "channels?limit=0",
        "channels?cursor=AAAA",
        "clients?status=active&sort=created_at",
        "clients?partner_account_id=7&status=active",
        "clients?partner_account_id=7&provider=meta",
        "clients?partner_account_id=7&sort=created_at",
        "clients?sort=phone_number",
        "companies?name_prefix=%00",
    ] {
        let answer = service.get(&format!("/api/v1/{query}"), &key).await;
        assert_eq!(answer.status.as_u16(), 422, "{query}: {}", answer.body);
        refusals.push(format!("{query}\n    {}", answer.json()["detail"].as_str().unwrap()));
    }
    assert_snapshot!(refusals.join("\n"));
    let answer = service.get("/api/v1/channels?status=running&sort=created_at", &own).await;
    assert_eq!(answer.status.as_u16(), 200, "one company's channels are few: {}", answer.body);
}
