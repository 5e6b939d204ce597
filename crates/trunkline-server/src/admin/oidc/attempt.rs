use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use trunkline_core::secrets::{Place, Secret};
use trunkline_providers::oidc::Attempt as Secrets;

use crate::auth::{cookie_value, local_path};
use crate::{Settings, State};

/// How long somebody may take at the issuer.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// A longer one is not kept: browsers keep cookies of 4,096 bytes.
const LONGEST_PATH: usize = 1000;

/// Binds the seal to what it is for, as a place in the database does.
const PLACE: Place<'_> =
    Place { schema: "cookie", table: "sign_in", column: "oidc", row: "attempt" };

/// An attempt to sign in that is at the issuer. The browser keeps it, sealed, so that nothing has to be
/// stored for whoever only presses the button.
#[derive(Serialize, Deserialize)]
pub(super) struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
    then: String,
    begun_at: Timestamp,
}

impl Attempt {
    pub(super) fn new(state: &State, then: &str) -> Self {
        let then = local_path(then);
        let then = if then.len() > LONGEST_PATH { "/admin" } else { then };
        Self {
            state: state.random.token(),
            nonce: state.random.token(),
            verifier: state.random.token(),
            then: then.to_owned(),
            begun_at: state.clock.now(),
        }
    }

    pub(super) fn secrets(&self) -> Secrets<'_> {
        Secrets { state: &self.state, nonce: &self.nonce, verifier: &self.verifier }
    }

    /// Where to go afterwards: a path of ours.
    pub(super) fn then(&self) -> &str {
        &self.then
    }

    /// What the browser brings back, if that is an attempt which is not over.
    pub(super) fn of(headers: &HeaderMap, state: &State) -> Option<Self> {
        let sealed = cookie_value(headers, cookie_name(&state.settings))?;
        let opened = state.keys.open(&PLACE, sealed).ok()?;
        let attempt: Self = serde_json::from_str(opened.expose()).ok()?;
        let age = state.clock.now().duration_since(attempt.begun_at);
        (age < PATIENCE).then_some(attempt)
    }

    /// Whether the issuer sent this very attempt back.
    pub(super) fn is(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    pub(super) fn keep(&self, response: &mut Response, state: &State) {
        let text = serde_json::to_string(self).unwrap_or_default();
        let sealed = state.keys.seal(&PLACE, &Secret::new(text), &mut state.random.clone());
        set(response, &state.settings, &sealed, PATIENCE.as_secs());
    }
}

/// The browser forgets the attempt, however it ended.
pub(super) fn forget(response: &mut Response, state: &State) {
    set(response, &state.settings, "", 0);
}

fn cookie_name(settings: &Settings) -> &'static str {
    if settings.is_https() { "__Host-trunkline_oidc" } else { "trunkline_oidc" }
}

/// `Lax`, since the browser comes back from another site.
fn set(response: &mut Response, settings: &Settings, value: &str, seconds: i64) {
    let name = cookie_name(settings);
    let secure = if settings.is_https() { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
