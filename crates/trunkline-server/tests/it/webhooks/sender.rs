//! The providers: they sign as they do.

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use crate::support::{Answer, Service};

/// An account of a provider with the path of its webhooks.
pub(crate) struct Account {
    pub id: i64,
    pub path: String,
}

/// Adds an account by the API.
pub(crate) async fn account(service: &Service, fields: Value) -> Account {
    let key = service.api_key("admin", None).await;
    let added = service.call("POST", "/api/v1/partner-accounts", &key, &fields).await;
    assert_eq!(added.status.as_u16(), 201, "{}", added.body);
    let document = added.json();
    let url = document["webhooks"][0]["url"].as_str().unwrap();
    let path = url.strip_prefix(&service.state.settings.public_url).unwrap().to_owned();
    Account { id: document["id"].as_i64().unwrap(), path }
}

pub(crate) const APP_SECRET: &str = "test_app_secret";

pub(crate) async fn meta(service: &Service) -> Account {
    let fields = json!({
        "provider": "meta", "business_portfolio_id": "506914307656634", "app_id": "670843887433847",
        "app_secret": APP_SECRET, "webhook_verify_token": "a-word-of-ours",
    });
    account(service, fields).await
}

pub(crate) async fn dialog360(service: &Service) -> Account {
    let fields = json!({
        "provider": "360dialog", "partner_id": "examplePA", "api_key": "partner-api-key",
        "platform_secret": "platform-secret",
        "webhook_header_name": "X-Partner-Auth", "webhook_header_secret": "a word of ours",
    });
    account(service, fields).await
}

pub(crate) fn sid(letter: char) -> String {
    format!("AC{}", letter.to_string().repeat(32))
}

pub(crate) async fn twilio(service: &Service) -> Account {
    let fields = json!({ "provider": "twilio", "account_sid": sid('a'), "auth_token": "12345678" });
    account(service, fields).await
}

/// HMAC-SHA256.
pub(crate) fn code(secret: &str, message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The same in hexadecimal digits.
pub(crate) fn sha256(secret: &str, body: &[u8]) -> String {
    HEXLOWER.encode(&code(secret, body))
}

/// What Twilio puts into its header, of a URL and what is signed beside it.
pub(crate) fn sha1(token: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// A webhook with one header.
pub(crate) async fn post(
    service: &Service,
    path: &str,
    header: (&str, &str),
    body: &[u8],
) -> Answer {
    let request = Request::post(path).header(header.0, header.1);
    service.send(request.body(Body::from(body.to_vec())).unwrap()).await
}

/// A webhook that Meta signed.
pub(crate) async fn from_meta(service: &Service, account: &Account, body: &[u8]) -> Answer {
    let signature = format!("sha256={}", sha256(APP_SECRET, body));
    post(service, &account.path, ("X-Hub-Signature-256", &signature), body).await
}

/// How many webhooks the inbox holds.
pub(crate) async fn stored(service: &Service) -> i64 {
    let query = "SELECT count(*) FROM trunkline.webhook_inbox";
    service.client.query_one(query, &[]).await.unwrap().get(0)
}
