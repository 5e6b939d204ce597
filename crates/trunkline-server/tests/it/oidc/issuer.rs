//! An OpenID Connect issuer on a socket of its own, with keys of its own, that lies as a test tells it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use trunkline_core::Clock;

pub(super) const CLIENT_ID: &str = "trunkline & co";
pub(super) const SECRET: &str = "a secret: with + and %";

/// Where the service is told to send people back to.
pub(super) const CALLBACK: &str = "http://127.0.0.1:8640/admin/sign-in/oidc/callback";

type Lie<T> = Mutex<Option<Box<dyn Fn(&mut T) + Send>>>;

pub(super) struct Issuer {
    pub(super) url: String,
    pub(super) inner: Arc<Inner>,
    task: JoinHandle<()>,
}

pub(super) struct Inner {
    url: String,
    clock: Clock,
    key: Mutex<(String, Signer)>,
    codes: Mutex<HashMap<String, Grant>>,
    /// Who is there, and what is said of them.
    pub(super) person: Mutex<Value>,
    /// Changes the header of the ID token before it is signed.
    pub(super) header: Lie<Value>,
    /// Changes its claims before it is signed.
    pub(super) claims: Lie<Value>,
    /// Changes the whole token afterwards.
    pub(super) token: Lie<String>,
    /// Answers in place of an endpoint: its path, a status and a body.
    pub(super) instead: Mutex<Option<(&'static str, u16, String)>>,
    /// This endpoint never answers.
    pub(super) hangs: Mutex<Option<&'static str>>,
    /// How often the keys were read.
    pub(super) keys_read: Mutex<usize>,
}

struct Grant {
    challenge: String,
    nonce: String,
    redirect_uri: String,
}

pub(super) enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Signer {
    pub(super) fn es256() -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self::Es256(EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).unwrap())
    }

    pub(super) fn eddsa() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::EdDsa(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(pair) => {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    fn public(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Es256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": text(x), "y": text(y),
                })
            }
            Self::EdDsa(pair) => json!({
                "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": text(pair.public_key().as_ref()),
            }),
        }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Issuer {
    pub(super) async fn start(clock: &Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            url: url.clone(),
            clock: clock.clone(),
            key: Mutex::new(("first".to_owned(), Signer::es256())),
            codes: Mutex::default(),
            person: Mutex::new(json!({
                "sub": "248289761001", "name": "Ada Lovelace", "email": "Ada@Example.com", "email_verified": true,
                "realm_access": { "roles": ["staff", "trunkline-admins"] },
            })),
            header: Mutex::default(),
            claims: Mutex::default(),
            token: Mutex::default(),
            instead: Mutex::default(),
            hangs: Mutex::default(),
            keys_read: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner, task }
    }

    /// Nothing listens there any longer.
    pub(super) async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub(super) fn says(&self, name: &str, value: Value) {
        self.inner.person.lock().unwrap()[name] = value;
    }

    pub(super) fn new_key(&self, kid: &str, signer: Signer) {
        *self.inner.key.lock().unwrap() = (kid.to_owned(), signer);
    }

    pub(super) fn lie_in_header(&self, lie: impl Fn(&mut Value) + Send + 'static) {
        *self.inner.header.lock().unwrap() = Some(Box::new(lie));
    }

    pub(super) fn lie_in_claims(&self, lie: impl Fn(&mut Value) + Send + 'static) {
        *self.inner.claims.lock().unwrap() = Some(Box::new(lie));
    }

    pub(super) fn lie_in_token(&self, lie: impl Fn(&mut String) + Send + 'static) {
        *self.inner.token.lock().unwrap() = Some(Box::new(lie));
    }

    pub(super) fn answer_instead(&self, path: &'static str, status: u16, body: &str) {
        *self.inner.instead.lock().unwrap() = Some((path, status, body.to_owned()));
    }

    /// Signs the person in who came with this address, and gives the path to which they go back.
    pub(super) fn lets_in(&self, address: &str) -> String {
        let query = address.strip_prefix(&format!("{}/authorize?", self.url));
        let query = query.unwrap_or_else(|| panic!("not to the issuer: {address}"));
        let asked: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["redirect_uri"], CALLBACK);
        assert_eq!(asked["scope"], "openid email profile");
        assert_eq!(asked["code_challenge_method"], "S256");
        for secret in ["state", "nonce", "code_challenge"] {
            assert!(asked[secret].len() >= 43, "{secret}");
        }
        let mut codes = self.inner.codes.lock().unwrap();
        let code = format!("code-{}", codes.len());
        let grant = Grant {
            challenge: asked["code_challenge"].clone(),
            nonce: asked["nonce"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
        };
        codes.insert(code.clone(), grant);
        let state = &asked["state"];
        format!("/admin/sign-in/oidc/callback?code={code}&state={state}&session_state=x")
    }
}

impl Inner {
    async fn in_place_of(&self, path: &str) -> Option<Response> {
        if *self.hangs.lock().unwrap() == Some(path) {
            std::future::pending::<()>().await;
        }
        let instead = self.instead.lock().unwrap().clone();
        let (_, status, body) = instead.filter(|(known, ..)| *known == path)?;
        Some((StatusCode::from_u16(status).unwrap(), body).into_response())
    }

    fn id_token(&self, nonce: &str) -> String {
        let key = self.key.lock().unwrap();
        let now = self.clock.now().as_second();
        let mut header = json!({ "alg": key.1.algorithm(), "kid": key.0, "typ": "JWT" });
        let mut claims = self.person.lock().unwrap().clone();
        let said = json!({
            "iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce,
        });
        claims.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let lie = |lie: &Lie<Value>, value: &mut Value| {
            if let Some(lie) = lie.lock().unwrap().as_ref() {
                lie(value);
            }
        };
        lie(&self.header, &mut header);
        lie(&self.claims, &mut claims);
        let text = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", text(&header), text(&claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(key.1.sign(signed.as_bytes()));
        let mut token = format!("{signed}.{signature}");
        if let Some(lie) = self.token.lock().unwrap().as_ref() {
            lie(&mut token);
        }
        token
    }
}

async fn discovery(State(issuer): State<Arc<Inner>>) -> Response {
    if let Some(answer) = issuer.in_place_of("discovery").await {
        return answer;
    }
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "code_challenge_methods_supported": ["plain", "S256"],
    }))
    .into_response()
}

async fn keys(State(issuer): State<Arc<Inner>>) -> Response {
    if let Some(answer) = issuer.in_place_of("keys").await {
        return answer;
    }
    *issuer.keys_read.lock().unwrap() += 1;
    let key = issuer.key.lock().unwrap();
    let other = json!({ "kty": "oct", "k": "AAAA", "kid": "of another kind" });
    let for_encryption = json!({ "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB" });
    Json(json!({ "keys": [other, for_encryption, key.1.public(&key.0)] })).into_response()
}

async fn token(
    State(issuer): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(sent): Form<HashMap<String, String>>,
) -> Response {
    if let Some(answer) = issuer.in_place_of("token").await {
        return answer;
    }
    let refuse = |error: &str| {
        let body = json!({ "error": error, "error_description": "<b>no</b>" });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let expected = BASE64_STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(SECRET)));
    let sent_secret = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap());
    if sent_secret != Some(&format!("Basic {expected}")) {
        return refuse("invalid_client");
    }
    assert_eq!(sent["grant_type"], "authorization_code");
    let Some(grant) = issuer.codes.lock().unwrap().remove(&sent["code"]) else {
        return refuse("invalid_grant");
    };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&sent["code_verifier"]));
    if challenge != grant.challenge || sent["redirect_uri"] != grant.redirect_uri {
        return refuse("invalid_grant");
    }
    let id_token = issuer.id_token(&grant.nonce);
    Json(json!({ "access_token": "unused", "token_type": "Bearer", "id_token": id_token }))
        .into_response()
}
