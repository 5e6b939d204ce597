use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use trunkline_providers::oidc::Claims;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::users::{User, note_sign_in};
use trunkline_store::{Executor, StoreError};

use super::super::page::redirect;
use super::super::{PageProblem, redirect_with_toast};
use super::attempt::{Attempt, forget};
use super::failure::Failure;
use crate::State;
use crate::api::Query;
use crate::auth::{Administrator, Visitor, set_session_cookie};
use crate::oidc::{Admission, Oidc, admit};
use crate::problem::Problem;

/// What the issuer sends back (RFC 6749, 4.1.2); what else it adds is left alone.
#[derive(Deserialize)]
pub(super) struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    /// RFC 9207.
    iss: Option<String>,
}

/// Signs in whom the issuer speaks of.
pub(super) async fn callback(
    Extract(state): Extract<State>,
    administrator: Option<Administrator>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, PageProblem> {
    let Some(oidc) = state.oidc.as_deref() else {
        return Err(Problem::not_found("way to sign in").into());
    };
    let attempt = Attempt::of(&headers, &state).filter(|attempt| attempt.is(&returned.state));
    let Some(attempt) = attempt else {
        // Somebody went back in their browser.
        if administrator.is_some() {
            return Ok(redirect_with_toast("/admin", "You are signed in already"));
        }
        return Ok(Failure::Over.show(&state, oidc, visitor, "/admin"));
    };
    // This GET changes sessions, and the user's role.
    let _forgetting = state.known.forget_later();
    let ended = match prove(oidc, &attempt, returned).await {
        Ok(claims) => enter(&state, oidc, &visitor, &claims).await?,
        Err(failure) => Err(failure),
    };
    let mut response = match ended {
        Ok(token) => {
            let mut response = redirect(attempt.then());
            set_session_cookie(&mut response, &state.settings, Some(&token));
            response
        }
        Err(failure) => failure.show(&state, oidc, visitor, attempt.then()),
    };
    forget(&mut response, &state);
    Ok(response)
}

/// What the issuer says of whoever comes back.
async fn prove(oidc: &Oidc, attempt: &Attempt, returned: Returned) -> Result<Claims, Failure> {
    let issuer = &oidc.client.registration().issuer;
    if returned.iss.is_some_and(|said| said != *issuer) {
        return Err(Failure::Over);
    }
    if let Some(error) = returned.error {
        return Err(Failure::Declined(error));
    }
    let code = SecretString::from(returned.code.ok_or(Failure::Over)?);
    oidc.client.redeem(&code, attempt.secrets()).await.map_err(Failure::Issuer)
}

/// Begins a session for them, and gives its token.
async fn enter(
    state: &State,
    oidc: &Oidc,
    visitor: &Visitor,
    claims: &Claims,
) -> Result<Result<String, Failure>, StoreError> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    match admit(executor, oidc, claims, now).await? {
        Ok(Admission { user, acts }) => {
            let token = visitor.begin_session(executor, state, user.id, false).await?;
            note_sign_in(executor, user.id, now).await?;
            for (action, before, after) in acts {
                let act = Act { action, before, after, ..about(user.id.to_string()) };
                insert_audit_entry(executor, &visitor.as_user(&user), &act, now).await?;
            }
            note_entry(executor, state, visitor, &user).await?;
            transaction.commit().await?;
            Ok(Ok(token))
        }
        Err(refusal) => {
            let issuer = &oidc.client.registration().issuer;
            let after = json!({
                "by": "oidc", "reason": refusal.as_str(), "oidc_issuer": issuer, "oidc_subject": claims.subject,
            });
            let (action, after) = ("user.sign_in_failed", Some(after));
            let act = Act { action, after, ..about("unknown".to_owned()) };
            insert_audit_entry(executor, &visitor.unknown(), &act, now).await?;
            transaction.commit().await?;
            Ok(Err(Failure::Refused(refusal)))
        }
    }
}

async fn note_entry(
    executor: Executor<'_>,
    state: &State,
    visitor: &Visitor,
    user: &User,
) -> Result<(), StoreError> {
    let (action, after) = ("user.signed_in", Some(json!({ "by": "oidc" })));
    let act = Act { action, after, ..about(user.id.to_string()) };
    insert_audit_entry(executor, &visitor.as_user(user), &act, state.clock.now()).await
}

fn about(object_id: String) -> Act<'static> {
    Act { object_kind: "user", object_id, ..Act::default() }
}
