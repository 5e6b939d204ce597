use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use trunkline_core::Provider;
use trunkline_core::events::Source;
use trunkline_providers::is_word;

use super::refusal::Refusal;
use crate::State;

/// Answers Meta when the URL is set: the challenge, if it knows the verify token
/// (`https://developers.facebook.com/docs/graph-api/webhooks/getting-started`).
pub(super) async fn answer(
    Extract(state): Extract<State>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match challenge(&state, &slug, &query.unwrap_or_default()).await {
        Ok(challenge) => {
            let headers = [(CONTENT_TYPE, "text/plain"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, challenge).into_response()
        }
        Err(refusal) => state.webhooks.refuse(&state, Source::Meta, refusal),
    }
}

async fn challenge(state: &State, slug: &str, query: &str) -> Result<String, Refusal> {
    let accounts = &state.webhooks.accounts;
    // It comes when somebody has just entered the token.
    let account = accounts.find_anew(state, slug).await?;
    let account = account.filter(|account| account.provider == Provider::Meta);
    let account = account.ok_or(Refusal::UnknownAccount)?;
    let given = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let token = given("hub.verify_token").ok_or(Refusal::WrongToken)?;
    let knows = account.verify_token.as_ref().is_some_and(|own| is_word(own, token.as_bytes()));
    if !knows && account.unreadable.is_some() {
        return Err(Refusal::Unreadable);
    }
    if !knows || given("hub.mode").as_deref() != Some("subscribe") {
        return Err(Refusal::WrongToken);
    }
    given("hub.challenge").ok_or(Refusal::WrongToken)
}

/// Answers 360dialog, which looks by GET whether a URL is there.
pub(super) async fn probe(Extract(state): Extract<State>, Path(slug): Path<String>) -> Response {
    let account = state.webhooks.accounts.find(&state, &slug).await;
    match account {
        Ok(Some(account)) if account.provider == Provider::Dialog360 => "ok\n".into_response(),
        Ok(_) => state.webhooks.refuse(&state, Source::Dialog360Events, Refusal::UnknownAccount),
        Err(error) => state.webhooks.refuse(&state, Source::Dialog360Events, error.into()),
    }
}
