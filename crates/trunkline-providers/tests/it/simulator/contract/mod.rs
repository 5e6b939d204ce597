//! Answers against the providers' own OpenAPI documents. `meta.json` and `twilio.json` hold what these say of the
//! operations used here: Meta's of version 23 (`facebook/openapi`), Twilio's of `messaging_v2` (`twilio/twilio-oai`).
//!
//! Where a document and the reference disagree the reference is followed, and the difference is listed with its reason.

mod schema;

use serde_json::{Value, json};
use trunkline_providers::{
    http::Method,
    simulator::{Sample, Simulator},
};

use super::{meta, send, start, twilio};

const ACCOUNT: &str = "102000000000001";
const NUMBER: &str = "103000000000001";

/// Differences that are meant: where, and why.
type Differences<'a> = &'a [(&'a str, &'a str)];

fn compare(document: &str, operation: &str, answer: &Value, differences: Differences<'_>) {
    let document: Value = serde_json::from_str(document).unwrap();
    let schema = document.get(operation).unwrap_or_else(|| panic!("no {operation}"));
    let found = schema::problems(schema, answer);
    let mut expected: Vec<&str> = differences.iter().map(|(place, _)| *place).collect();
    expected.sort_unstable();
    assert_eq!(found, expected, "{operation}: {answer:#}");
}

async fn get(simulator: &Simulator, path: &str, fields: &str) -> Value {
    let call = meta(simulator, Method::GET, path);
    let call = if fields.is_empty() { call } else { call.query("fields", fields) };
    let brought = send(call).await;
    assert_eq!(brought.status, 200, "{path}: {}", brought.json);
    brought.json
}

const ACCOUNT_FIELDS: &str = "id,name,currency,timezone_id,message_template_namespace,account_review_status,business_verification_status,ownership_type,owner_business_info,country,status,health_status";
const NUMBER_FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,quality_score,status,code_verification_status,name_status,new_name_status,platform_type,throughput,account_mode,is_official_business_account,is_on_biz_app,is_pin_enabled,last_onboarded_time,health_status";

const VERIFICATION: &str =
    "the SDK generated from Meta's own specification has the words in lower case";

#[tokio::test]
async fn what_meta_answers_about_accounts_and_numbers_is_as_its_document_says() {
    let simulator = start().await;
    let (document, business) = (include_str!("meta.json"), Sample::META_BUSINESS);
    let answer = get(&simulator, business, "id,name,timezone_id").await;
    compare(document, "business", &answer, &[]);
    let path = format!("{business}/client_whatsapp_business_accounts");
    let answer = get(&simulator, &path, ACCOUNT_FIELDS).await;
    let differences =
        [("/data/*/business_verification_status: \"verified\" is none of its words", VERIFICATION)];
    compare(document, "client_accounts", &answer, &differences);
    let path = format!("{business}/owned_whatsapp_business_accounts");
    compare(document, "owned_accounts", &get(&simulator, &path, "").await, &[]);
    let answer = get(&simulator, ACCOUNT, ACCOUNT_FIELDS).await;
    let differences =
        [("/business_verification_status: \"verified\" is none of its words", VERIFICATION)];
    compare(document, "account", &answer, &differences);
    let answer = get(&simulator, &format!("{ACCOUNT}/phone_numbers"), NUMBER_FIELDS).await;
    let linked = [(
        "/data/*/status: \"CONNECTED\" is none of its words",
        "captured answers say CONNECTED, the document LINKED",
    )];
    compare(document, "numbers", &answer, &linked);
    compare(document, "number", &get(&simulator, NUMBER, NUMBER_FIELDS).await, &[]);
    let path = format!("{ACCOUNT}/message_templates");
    compare(document, "templates", &get(&simulator, &path, "").await, &[]);
    let path = format!("{NUMBER}/whatsapp_business_profile");
    compare(document, "profile", &get(&simulator, &path, "").await, &[]);
    let path = format!("{ACCOUNT}/subscribed_apps");
    compare(document, "subscribed_apps", &get(&simulator, &path, "").await, &[]);
    let unknown = send(meta(&simulator, Method::GET, "999")).await.json;
    compare(document, "error", &unknown, &[]);
}

#[tokio::test]
async fn what_meta_answers_to_changes_is_as_its_document_says() {
    let simulator = start().await;
    let document = include_str!("meta.json");
    let post = async |path: String, body: Value| {
        let brought = send(meta(&simulator, Method::POST, &path).json(&body)).await;
        assert_eq!(brought.status, 200, "{path}: {}", brought.json);
        brought.json
    };
    let body = json!({"cc": "1", "phone_number": "6315551000", "verified_name": "Lucky Shrub"});
    let made = post(format!("{ACCOUNT}/phone_numbers"), body).await;
    compare(document, "new_number", &made, &[]);
    let id = made["id"].as_str().unwrap();
    let steps = [
        ("request_code", json!({"code_method": "SMS", "language": "en_US"})),
        ("verify_code", json!({"code": "123456"})),
        ("register", json!({"messaging_product": "whatsapp", "pin": "012345"})),
        ("deregister", json!({})),
    ];
    for (step, body) in steps {
        compare(document, step, &post(format!("{id}/{step}"), body).await, &[]);
    }
    compare(
        document,
        "subscribe",
        &post(format!("{ACCOUNT}/subscribed_apps"), json!({})).await,
        &[],
    );
    let message = json!({"messaging_product": "whatsapp", "to": "16505551234", "type": "template",
        "template": {"name": "order_confirmation", "language": {"code": "en_US"}}});
    compare(document, "messages", &post(format!("{NUMBER}/messages"), message).await, &[]);
}

#[tokio::test]
async fn what_twilio_answers_about_senders_is_as_its_document_says() {
    let simulator = start().await;
    let document = include_str!("twilio.json");
    let senders = "/v2/Channels/Senders";
    let list = send(twilio(&simulator, Method::GET, senders).query("Channel", "whatsapp")).await;
    compare(document, "list", &list.json, &[]);
    let path = format!("{senders}/{}", list.json["senders"][0]["sid"].as_str().unwrap());
    compare(document, "show", &send(twilio(&simulator, Method::GET, &path)).await.json, &[]);
    let body = json!({"sender_id": "whatsapp:+15017122661", "profile": {"name": "Example"},
        "configuration": {"waba_id": "12345678912345", "verification_method": "sms"}});
    let made = send(twilio(&simulator, Method::POST, senders).json(&body)).await;
    assert_eq!(made.status, 202);
    compare(document, "create", &made.json, &[]);
    let body = json!({"profile": {"about": "Hello"}});
    let updated = send(twilio(&simulator, Method::POST, &path).json(&body)).await;
    assert_eq!(updated.status, 202);
    compare(document, "update", &updated.json, &[]);
}
