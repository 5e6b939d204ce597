//! Requests that are passed on to the providers.

mod allowed;
mod credentials;
mod media;
mod refused;
mod streaming;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use trunkline_core::Provider;
use trunkline_core::secrets::Secret;
use trunkline_store::QualifiedId;
use trunkline_store::channels::update_channel_secret;

use crate::providers::{account, dialog360, meta, provider, twilio};
use crate::support::{Answer, Service};

pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000009";

/// A channel of company 1 and one of company 2, at each provider; those of company 2 have no credentials of their own.
const CHANNELS: &str = "
    INSERT INTO dialog_360_clients (id, company_id, client_id) VALUES (1, 1, 'oneCL'), (2, 2, 'twoCL');
    INSERT INTO dialog_360_channels (id, client_id, channel_id) VALUES (1, 1, 'oneCH'), (2, 2, 'twoCH');
    INSERT INTO meta_whatsapp_clients (id, company_id, business_account_id) VALUES (1, 1, '1029'), (2, 2, '2029');
    INSERT INTO meta_whatsapp_phone_numbers (id, client_id, phone_number_id) VALUES (1, 1, '1065'), (2, 2, '2065');
    INSERT INTO trunkline.twilio_clients (id, company_id, account_sid)
    VALUES (1, 1, 'AC00000000000000000000000000000009'), (2, 2, 'AC00000000000000000000000000000008');
    INSERT INTO trunkline.twilio_senders (id, client_id, sender_sid, phone_number)
    VALUES (1, 1, 'XE1', '+15550000001'), (2, 2, 'XE2', NULL);";

/// What a provider was sent.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub line: String,
    pub headers: HeaderMap,
    pub body: String,
}

/// Providers that answer what they are told to, and otherwise that all is well.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<HashMap<String, (u16, Value)>>>,
}

impl Fake {
    /// To a method and a path.
    pub(crate) fn answer(&self, line: &str, status: u16, body: Value) {
        self.answers.lock().unwrap().insert(line.to_owned(), (status, body));
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().last().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    async fn respond(self, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let key = format!("{} {}", parts.method, parts.uri.path());
        self.seen.lock().unwrap().push(Seen {
            line: format!("{} {}", parts.method, parts.uri),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        let answer = self.answers.lock().unwrap().get(&key).cloned();
        let (status, body) = answer.unwrap_or((200, json!({ "ok": true })));
        let headers = [
            ("x-fb-trace-id", "trace"),
            ("set-cookie", "a=b"),
            ("x-business-use-case-usage", "{\"2029\":[]}"),
            ("retry-after", "7"),
        ];
        (StatusCode::from_u16(status).unwrap(), headers, Json(body)).into_response()
    }
}

/// The service, with a partner account at each of the fake providers and channels of two companies.
pub(crate) async fn world() -> (Service, Fake) {
    let fake = Fake::default();
    let responding = fake.clone();
    let router = Router::new().fallback(async move |request| responding.respond(request).await);
    (at(router).await, fake)
}

/// The same, with providers that answer so.
pub(crate) async fn at(router: Router) -> Service {
    let address = provider(router).await;
    let mut service = Service::new().await;
    service.set(|settings| settings.providers.dialog360_messaging_url.clone_from(&address));
    for body in [meta(), dialog360(), twilio()] {
        account(&service, &address, &body).await;
    }
    service.client.batch_execute(CHANNELS).await.unwrap();
    for (provider, secret) in [
        (Provider::Meta, "number-token"),
        (Provider::Dialog360, "channel-key"),
        (Provider::Twilio, "subaccount-token"),
    ] {
        hold(&service, provider, secret).await;
    }
    service
}

/// Gives the first channel a credential of its own.
pub(crate) async fn hold(service: &Service, provider: Provider, secret: &str) {
    let connection = service.state.store.connection().await.unwrap();
    let id = QualifiedId { provider, number: 1 };
    let (keys, random) = (&service.state.keys, service.state.random.clone());
    let secret = Secret::new(secret.to_owned());
    let now = service.clock.now();
    update_channel_secret(connection.executor(), id, keys, random, &secret, now).await.unwrap();
}

/// A key with permissions.
pub(crate) async fn key(service: &Service, company: Option<i32>, permissions: &[&str]) -> String {
    let key = service.api_key("operator", company).await;
    service.permit(&key, permissions).await;
    key
}

pub(crate) fn path(channel: &str, path: &str) -> String {
    format!("/api/v1/channels/{channel}/provider/{path}")
}

/// A request with a body of a type.
pub(crate) async fn send(
    service: &Service,
    key: &str,
    (method, path): (&str, &str),
    (kind, body): (&str, &str),
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", kind);
    service.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const TEXT: &str =
    r#"{"messaging_product":"whatsapp","to":"491511234567","type":"text","text":{"body":"Hello"}}"#;
