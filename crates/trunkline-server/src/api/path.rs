use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::problem::Problem;

/// The one parameter of a path, `{id}`; what cannot be an id is not there.
#[derive(Debug)]
pub(crate) struct Id<T = i32>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = RawPathParams::from_request_parts(parts, state).await.ok();
        let given = given.as_ref().and_then(|given| given.iter().next());
        let id = given.and_then(|(_, text)| text.parse().ok()).map(Self);
        id.ok_or_else(|| Problem::not_found("thing: its id is not of the right form"))
    }
}
