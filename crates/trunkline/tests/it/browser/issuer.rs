//! An OpenID Connect issuer with a page, at which Ada says whether she wants to sign in.
//!
//! What it must not be believed is tested where the service is in the process of the test.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use trunkline_core::Clock;

type Fields = HashMap<String, String>;

struct Issuer {
    url: String,
    key: EcdsaKeyPair,
}

/// Leads to its address, which for a browser is another site than the service's.
pub(super) async fn start() -> String {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let key = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/authorize", get(page))
        .route("/token", post(token))
        .route("/keys", get(keys))
        .with_state(Arc::new(Issuer { url: url.clone(), key }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
    }))
}

/// The nonce is the code: so it need not be remembered.
async fn page(Query(asked): Query<Fields>) -> Html<String> {
    let (back, state, nonce) = (&asked["redirect_uri"], &asked["state"], &asked["nonce"]);
    Html(format!(
        "<!doctype html><link rel=\"icon\" href=\"data:,\"><title>Example ID</title><main><h1>Example ID</h1>
        <a href=\"{back}?code={nonce}&amp;state={state}\">Continue as Ada</a>
        <a href=\"{back}?error=access_denied&amp;state={state}\">Refuse</a></main>"
    ))
}

async fn token(State(issuer): State<Arc<Issuer>>, Form(asked): Form<Fields>) -> Json<Value> {
    let now = Clock::system().now().as_second();
    let header = json!({ "alg": "ES256", "kid": "key", "typ": "JWT" });
    let claims = json!({
        "iss": issuer.url, "aud": "trunkline", "iat": now, "exp": now + 300, "nonce": asked["code"],
        "sub": "248289761001", "name": "Ada Lovelace", "email": "ada@example.com", "email_verified": true,
        "groups": ["staff", "owners"],
    });
    let text = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", text(&header), text(&claims));
    let signature = issuer.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let signature = BASE64URL_NOPAD.encode(signature.as_ref());
    let token = format!("{signed}.{signature}");
    Json(json!({ "access_token": "unused", "token_type": "Bearer", "id_token": token }))
}

async fn keys(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let (x, y) = issuer.key.public_key().as_ref()[1..].split_at(32);
    let (x, y) = (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y));
    let key = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "key", "x": x, "y": y,
    });
    Json(json!({ "keys": [key] }))
}
