use axum::extract::State as Extract;
use axum::response::Response;

use super::super::page::redirect;
use super::super::sign_in::Then;
use super::super::{PageProblem, redirect_with_toast};
use super::attempt::Attempt;
use super::failure::Failure;
use crate::State;
use crate::api::Query;
use crate::auth::{Administrator, Visitor, local_path};
use crate::problem::Problem;

/// Sends the browser to the issuer; whoever is signed in goes where they wanted.
pub(super) async fn begin(
    Extract(state): Extract<State>,
    administrator: Option<Administrator>,
    visitor: Visitor,
    Query(Then { then }): Query<Then>,
) -> Result<Response, PageProblem> {
    let Some(oidc) = state.oidc.as_deref() else {
        return Err(Problem::not_found("way to sign in").into());
    };
    if administrator.is_some() {
        return Ok(redirect_with_toast(local_path(&then), "You are signed in already"));
    }
    let attempt = Attempt::new(&state, &then);
    match oidc.client.authorization_url(attempt.secrets()).await {
        Ok(url) => {
            let mut response = redirect(url.as_str());
            attempt.keep(&mut response, &state);
            Ok(response)
        }
        Err(error) => Ok(Failure::Issuer(error).show(&state, oidc, visitor, attempt.then())),
    }
}
