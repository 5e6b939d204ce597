use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, Request, State as Extract};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use trunkline_core::Provider;
use trunkline_core::events::Source;
use trunkline_providers::lanes::lanes;
use trunkline_providers::twilio;
use trunkline_providers::webhooks::account_sid;

use super::accounts::{Account, Tokens};
use super::inbox::{NotStored, Verified};
use super::proof::Proof;
use super::refusal::Refusal;
use crate::State;

/// The longest body: Meta's are up to 3 MB
/// (`https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks`).
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Within so many seconds the same event of 360dialog's is one that it sends again: it does so for half a minute.
const ALIKE: i64 = 600;

/// Longer ones of these are no use to anybody.
const LONGEST_HEADER: usize = 200;

/// The route of a stream.
pub(super) fn route(source: Source) -> MethodRouter<State> {
    post(async move |Extract(state): Extract<State>, Path(slug): Path<String>, request: Request| {
        match receive(&state, &slug, source, request).await {
            Ok(()) => {
                state.metrics.webhooks.answered(source);
                answer(source)
            }
            Err(refusal) => state.webhooks.refuse(&state, source, refusal),
        }
    })
}

/// What the provider wants to hear.
fn answer(source: Source) -> Response {
    match source {
        Source::Dialog360Events | Source::Dialog360Numbers => {
            ([(CONTENT_TYPE, "application/json")], "{}").into_response()
        }
        // An empty TwiML document: nothing is answered to whoever wrote.
        Source::TwilioMessages => ([(CONTENT_TYPE, "text/xml")], "<Response/>").into_response(),
        Source::Meta | Source::TwilioStatus => StatusCode::OK.into_response(),
    }
}

async fn receive(
    state: &State,
    slug: &str,
    source: Source,
    request: Request,
) -> Result<(), Refusal> {
    let account = state.webhooks.accounts.find(state, slug).await?;
    let account = account.filter(|account| account.provider == source.provider());
    let account = account.ok_or(Refusal::UnknownAccount)?;
    let (parts, body) = request.into_parts();
    let mut proof = Proof::take(&account, source, &parts.headers);
    if proof.is_none() {
        // The secret may have been entered a moment ago.
        let account = state.webhooks.accounts.find_anew(state, slug).await?;
        let account = account.ok_or(Refusal::UnknownAccount)?;
        proof = Proof::take(&account, source, &parts.headers);
        if proof.is_none() && account.unreadable.is_some() {
            return Err(Refusal::Unreadable);
        }
    }
    let proof = proof.ok_or(Refusal::NoSignature)?;
    let body = read(state, &parts.headers, body).await?;

    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let url = format!("{}{path}", state.settings.public_url);
    verify(state, slug, &account, source, (&proof, &url, &body)).await?;
    let webhook = Verified {
        account_id: account.id,
        source,
        received_at: state.clock.now(),
        digest: digest(account.id, source, state.clock.now(), &body),
        lanes: lanes(source, &body),
        content_type: header(&parts.headers, CONTENT_TYPE.as_str()),
        delivery: header(&parts.headers, "i-twilio-idempotency-token"),
        body,
    };
    state.webhooks.inbox.store(webhook).await.map_err(|error| match error {
        NotStored::Full => Refusal::Full,
        NotStored::Failed => Refusal::Unavailable,
    })
}

/// Refuses a proof that is good neither by the account as it is remembered, nor as it is now, nor, at
/// Twilio, by the token of the subaccount that the webhook is about.
async fn verify(
    state: &State,
    slug: &str,
    account: &Account,
    source: Source,
    (proof, url, body): (&Proof, &str, &[u8]),
) -> Result<(), Refusal> {
    if proof.is_good(account, source, url, body) {
        return Ok(());
    }
    let accounts = &state.webhooks.accounts;
    let account = accounts.find_anew(state, slug).await?.ok_or(Refusal::UnknownAccount)?;
    if proof.is_good(&account, source, url, body) {
        return Ok(());
    }
    // By a secret that does not open it may be good.
    let wrong = |unreadable: bool| {
        if unreadable { Refusal::Unreadable } else { Refusal::WrongSignature }
    };
    let is_unreadable = account.unreadable.is_some();
    let sid = account_sid(body).filter(|sid| *sid != account.partner_id);
    let sid = sid.filter(|_| source.provider() == Provider::Twilio);
    let (Proof::Signature(given), Some(sid)) = (proof, sid) else {
        return Err(wrong(is_unreadable));
    };
    let request = twilio::SignedRequest { url, body };
    let is_good = |tokens: &Tokens| {
        let tokens = tokens.open.iter();
        tokens.fold(false, |found, token| twilio::is_signed(token, &request, given) | found)
    };
    if is_good(&*accounts.subaccount(state, &sid).await?) {
        return Ok(());
    }
    let tokens = accounts.subaccount_anew(state, &sid).await?;
    if is_good(&tokens) {
        return Ok(());
    }
    Err(wrong(is_unreadable || tokens.unreadable.is_some()))
}

/// The raw body, unless it is too long or takes too long.
async fn read(state: &State, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let said = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let said = said.unwrap_or_else(|| body.size_hint().lower());
    if said > BODY_LIMIT as u64 {
        return Err(Refusal::TooLarge);
    }
    let read = axum::body::to_bytes(body, BODY_LIMIT + 1);
    match tokio::time::timeout(state.settings.request_limit, read).await {
        Ok(Ok(body)) if body.len() <= BODY_LIMIT => Ok(body),
        Ok(Ok(_)) => Err(Refusal::TooLarge),
        Ok(Err(error)) if is_too_long(&error) => Err(Refusal::TooLarge),
        Ok(Err(_)) | Err(_) => Err(Refusal::CutOff),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Tells two webhooks apart; 128 bits, and only who knows the secret can choose them.
///
/// 360dialog gives its events no ids: the same words tell of something new when they come much later than it sends again.
fn digest(account: i32, source: Source, now: Timestamp, body: &[u8]) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update(account.to_be_bytes());
    digest.update(source.as_str());
    digest.update([0]);
    if source == Source::Dialog360Events {
        digest.update((now.as_second() / ALIKE).to_be_bytes());
    }
    digest.update(body);
    let mut first = [0; 16];
    first.copy_from_slice(&digest.finalize()[..16]);
    first
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (text.len() <= LONGEST_HEADER).then(|| text.to_owned())
}
