use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url, header::ACCEPT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use trunkline_core::Clock;

use super::{
    Claims, IssuerError, TokenProblem, discovery::Discovery, id_token, jwt::Token, keys::Keys,
};
use crate::{
    call,
    guard::Guard,
    http::{Answer, Call, Http, Options},
};

/// Three calls fit into the time of one request.
const CALL_LIMIT: Duration = Duration::from_secs(8);
const RESPONSE_LIMIT: usize = 1024 * 1024;
/// After so long the discovery document is read anew.
const MEMORY: SignedDuration = SignedDuration::from_hours(1);

/// What the issuer knows us by.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The issuer, to the letter as its discovery document and its tokens have it.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// Our secret there; `None`: a public client.
    pub client_secret: Option<SecretString>,
    /// Where the issuer sends people back to.
    pub redirect_uri: String,
    /// What is asked for: at least `openid`.
    pub scopes: Vec<String>,
}

/// The secrets of one attempt to sign in, each of at least 43 random characters of base64url.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Comes back with the browser.
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// Proves that whoever redeems the code has begun (RFC 7636).
    pub verifier: &'a str,
}

/// Speaks with one issuer, and remembers what it says of itself and its keys.
pub struct Client {
    registration: Registration,
    clock: Clock,
    guard: Guard,
    // Made when it is first needed: reading the system's root certificates takes time and memory.
    http: OnceLock<Http>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    discovery: Option<(Timestamp, Arc<Discovery>)>,
    keys: Option<Arc<Keys>>,
}

impl Client {
    /// A client that has asked nothing yet.
    pub fn new(registration: Registration, guard: Guard, clock: Clock) -> Self {
        Self { registration, clock, guard, http: OnceLock::new(), known: Mutex::default() }
    }

    /// What the issuer knows us by.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Where the browser goes so that the issuer lets somebody in.
    pub async fn authorization_url(&self, attempt: Attempt<'_>) -> Result<Url, IssuerError> {
        let mut url = self.discovery().await?.authorization_endpoint.clone();
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(attempt.verifier));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.registration.client_id)
            .append_pair("redirect_uri", &self.registration.redirect_uri)
            .append_pair("scope", &self.registration.scopes.join(" "))
            .append_pair("state", attempt.state)
            .append_pair("nonce", attempt.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Gives the code for an ID token, and reads who it is about.
    pub async fn redeem(
        &self,
        code: &SecretString,
        attempt: Attempt<'_>,
    ) -> Result<Claims, IssuerError> {
        let discovery = self.discovery().await?;
        let call = self.token_call(&discovery, code, attempt.verifier);
        let answer = self.send("answer to the code", call).await?;
        let id_token = read_id_token(&answer)?;
        let token = Token::read(id_token.expose_secret())?;
        let expected = id_token::Expected {
            issuer: &self.registration.issuer,
            client_id: &self.registration.client_id,
            nonce: attempt.nonce,
            now: self.clock.now(),
        };
        let known = self.known().keys.clone();
        let keys = match known {
            Some(keys) => keys,
            None => self.fetch_keys(&discovery).await?,
        };
        match id_token::accept(&token, &keys, &expected) {
            // The issuer may have changed its keys since they were read.
            Err(TokenProblem::UnknownKey { .. }) => {
                let keys = self.fetch_keys(&discovery).await?;
                Ok(id_token::accept(&token, &keys, &expected)?)
            }
            judged => Ok(judged?),
        }
    }

    /// Reads the discovery document and the keys, so that somebody learns whether they can be read.
    pub async fn look(&self) -> Result<(), IssuerError> {
        let discovery = self.discovery().await?;
        self.fetch_keys(&discovery).await.map(drop)
    }

    async fn discovery(&self) -> Result<Arc<Discovery>, IssuerError> {
        let now = self.clock.now();
        let is_fresh = |read: Timestamp| now.duration_since(read) < MEMORY;
        let known = self.known().discovery.clone();
        if let Some((_, discovery)) = known.filter(|(read, _)| is_fresh(*read)) {
            return Ok(discovery);
        }
        let what = "discovery document";
        let issuer = &self.registration.issuer;
        let unexpected = |reason| IssuerError::Unexpected { what, reason };
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = self.guard.parse(&address).map_err(|refusal| unexpected(refusal.to_string()))?;
        let answer = self.get(what, call!("provider.oidc.discovery", Method::GET, url)).await?;
        let discovery = Discovery::read(answer.body(), issuer, &self.guard).map_err(unexpected)?;
        let discovery = Arc::new(discovery);
        self.known().discovery = Some((now, Arc::clone(&discovery)));
        Ok(discovery)
    }

    async fn fetch_keys(&self, discovery: &Discovery) -> Result<Arc<Keys>, IssuerError> {
        let what = "list of keys";
        let call = call!("provider.oidc.keys", Method::GET, discovery.jwks_uri.clone());
        let answer = self.get(what, call).await?;
        let keys =
            Keys::read(answer.body()).map_err(|reason| IssuerError::Unexpected { what, reason })?;
        let keys = Arc::new(keys);
        self.known().keys = Some(Arc::clone(&keys));
        Ok(keys)
    }

    fn token_call(&self, discovery: &Discovery, code: &SecretString, verifier: &str) -> Call {
        let Registration { client_id, client_secret, redirect_uri, .. } = &self.registration;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let call = call!("provider.oidc.token", Method::POST, discovery.token_endpoint.clone());
        let call = call.hiding(code).hiding(&verifier.into());
        match client_secret {
            // RFC 6749, 2.3.1: both parts are encoded as in a form before they are joined.
            Some(secret) if !discovery.secret_in_body => {
                let encoded = |text: &str| {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let password = SecretString::from(encoded(secret.expose_secret()));
                call.form(&fields).basic(&encoded(client_id), &password).hiding(secret)
            }
            secret => {
                fields.push(("client_id", client_id));
                if let Some(secret) = secret {
                    fields.push(("client_secret", secret.expose_secret()));
                }
                let call = call.form(&fields);
                secret.iter().fold(call, Call::hiding)
            }
        }
    }

    async fn get(&self, what: &'static str, call: Call) -> Result<Answer, IssuerError> {
        let answer = self.send(what, call).await?;
        if answer.status() == 200 {
            return Ok(answer);
        }
        let reason = format!("HTTP status {}", answer.status());
        Err(IssuerError::Unexpected { what, reason })
    }

    async fn send(&self, what: &'static str, call: Call) -> Result<Answer, IssuerError> {
        let answer = self.http(what)?.send(call.header(ACCEPT, "application/json")).await;
        answer.map_err(|unanswered| IssuerError::Unanswered { what, unanswered })
    }

    fn http(&self, what: &'static str) -> Result<&Http, IssuerError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let timeout = CALL_LIMIT;
        let options = Options { timeout, response_limit: RESPONSE_LIMIT, ..Options::default() };
        let made = Http::new(&options, self.guard.clone())
            .map_err(|error| IssuerError::Unexpected { what, reason: error.to_string() })?;
        Ok(self.http.get_or_init(|| made))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("registration", &self.registration).finish_non_exhaustive()
    }
}

/// Of the token endpoint's answer nothing else is needed, so nothing else is kept.
#[derive(Deserialize)]
struct Granted {
    id_token: String,
}

#[derive(Deserialize)]
struct NotGranted {
    error: String,
    #[serde(default)]
    error_description: String,
}

fn read_id_token(answer: &Answer) -> Result<SecretString, IssuerError> {
    let what = "answer to the code";
    if answer.status() == 200 {
        let granted: Option<Granted> = serde_json::from_slice(answer.body()).ok();
        return granted.map(|granted| granted.id_token.into()).ok_or_else(|| {
            let reason = "no JSON with an id_token; is `openid` among the scopes?".to_owned();
            IssuerError::Unexpected { what, reason }
        });
    }
    let refused: Option<NotGranted> = serde_json::from_slice(answer.body()).ok();
    let Some(refused) = refused.filter(|_| (400..500).contains(&answer.status())) else {
        let reason = format!("HTTP status {}", answer.status());
        return Err(IssuerError::Unexpected { what, reason });
    };
    Err(IssuerError::Refused {
        error: answer.clean(&refused.error, 100),
        description: answer.clean(&refused.error_description, 300),
    })
}
