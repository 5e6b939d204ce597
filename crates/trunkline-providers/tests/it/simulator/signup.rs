//! Embedded Signup: the page, what the browser hears, what comes into being.

use serde_json::{Value, json};
use trunkline_providers::{
    call,
    http::Method,
    simulator::{Sample, Simulator},
};

use super::{control, meta, send, start};
use crate::fake::http;

/// The messages of Meta's pages and of others' captures.
const MESSAGES: &str = include_str!("embedded_signup_messages.json");

async fn end(simulator: &Simulator, wish: Value) -> Value {
    let said = control(simulator, "/meta/signup", &wish).await;
    assert_eq!(said.status, 200, "{}", said.json);
    said.json
}

/// The names in a message, sorted.
fn names(message: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, value) in message.as_object().unwrap() {
        names.push(name.clone());
        names.extend(
            value.as_object().into_iter().flatten().map(|(inner, _)| format!("{name}/{inner}")),
        );
    }
    names.sort();
    names
}

#[tokio::test]
async fn the_browser_hears_what_meta_s_pages_say() {
    let simulator = start().await;
    let known: Value = serde_json::from_str(MESSAGES).unwrap();
    let cases = [
        ("finish", json!({"event": "FINISH"})),
        ("finish_only_waba", json!({"event": "FINISH_ONLY_WABA"})),
        ("finish_coexistence", json!({"event": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"})),
        (
            "finish_coexistence_waba_only",
            json!({"event": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING", "only_account": true}),
        ),
        ("finish_obo_migration", json!({"event": "FINISH_OBO_MIGRATION"})),
        ("finish_grant_only", json!({"event": "FINISH_GRANT_ONLY_API_ACCESS"})),
        ("cancel", json!({"event": "CANCEL"})),
        ("error", json!({"event": "ERROR"})),
    ];
    for (name, wish) in cases {
        let ended = end(&simulator, wish).await;
        assert_eq!(names(&ended["message"]), names(&known[name]), "{name}");
        assert_eq!(ended["message"]["event"], known[name]["event"]);
        let exchanged = ended["message"]["event"].as_str().unwrap().starts_with("FINISH");
        assert_eq!(ended["code"].is_string(), exchanged, "{name}");
    }
}

#[tokio::test]
async fn a_signup_ends_in_a_token_that_registers_the_new_number() {
    let simulator = start().await;
    let ended = end(&simulator, json!({"event": "FINISH", "company": "Lucky Shrub"})).await;
    let url = format!("{}/v25.0/oauth/access_token", simulator.meta_url()).parse().unwrap();
    let exchange = call!("test.meta", Method::GET, url)
        .query("client_id", Sample::META_APP)
        .query("client_secret", Sample::META_SECRET)
        .query("code", ended["code"].as_str().unwrap());
    let token = send(exchange).await.json["access_token"].as_str().unwrap().to_owned();
    let data = &ended["message"]["data"];
    let number = data["phone_number_id"].as_str().unwrap();
    let url = format!("{}/v25.0/{number}/register", simulator.meta_url()).parse().unwrap();
    let register = call!("test.meta", Method::POST, url).bearer(&token.as_str().into());
    let body = json!({"messaging_product": "whatsapp", "pin": "012345"});
    assert_eq!(send(register.json(&body)).await.json, json!({"success": true}));
    let account = data["waba_id"].as_str().unwrap();
    let shared = send(meta(&simulator, Method::GET, account)).await.json;
    assert_eq!(shared["name"], "Lucky Shrub", "the partner's own token reads it too");
}

#[tokio::test]
async fn the_page_tells_the_window_that_opened_it_and_no_other() {
    let simulator = start().await;
    let path = "/meta/v25.0/dialog/oauth";
    let open = simulator.url(&format!("{path}?app_id={}&origin=https%3A%2F%2Fpartner.example&extras=%7B%22setup%22%3A%7B%22business%22%3A%7B%22name%22%3A%22A%3Cb%3E%22%7D%7D%7D", Sample::META_APP));
    let page = http().send(call!("test.page", Method::GET, open)).await.unwrap();
    let page = String::from_utf8(page.body().to_vec()).unwrap();
    assert!(page.contains("value=\"A&lt;b&gt;\"") && page.contains("<form"), "{page}");
    let form = [
        ("app_id", Sample::META_APP),
        ("origin", "https://partner.example/deep"),
        ("company", "</script>"),
        ("number", "16315551000"),
        ("event", "FINISH"),
        ("delivery", "code_first"),
    ];
    let done = call!("test.page", Method::POST, simulator.url(path)).form(&form);
    let done = http().send(done).await.unwrap();
    let done = String::from_utf8(done.body().to_vec()).unwrap();
    assert!(done.contains("origin = \"https://partner.example\";"), "{done}");
    assert_eq!(done.matches("</script>").count(), 1);
    let (login, message) =
        (done.find("simulatedLogin").unwrap(), done.find("WA_EMBEDDED_SIGNUP").unwrap());
    let script = done.find("var sent").unwrap();
    assert!(
        script < login && login < done[script..].find("WA_EMBEDDED_SIGNUP").unwrap() + script,
        "{message}"
    );
    let nobody =
        call!("test.page", Method::POST, simulator.url(path)).form(&[("origin", "data:x")]);
    assert_eq!(http().send(nobody).await.unwrap().status(), 400);
    let sdk = call!("test.page", Method::GET, simulator.url("/meta/en_US/sdk.js"));
    let sdk = http().send(sdk).await.unwrap();
    assert!(
        String::from_utf8_lossy(sdk.body())
            .contains(&format!("\"{}\"", simulator.url("").origin().ascii_serialization()))
    );
}
