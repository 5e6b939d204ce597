use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::Problem;

/// `{id}` of a path.
pub(crate) struct AccountId(pub i32);

impl<S: Send + Sync> FromRequestParts<S> for AccountId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = RawPathParams::from_request_parts(parts, state).await.ok();
        let id = given.as_ref().and_then(|given| given.iter().find(|(name, _)| *name == "id"));
        let id = id.and_then(|(_, text)| text.parse().ok()).map(Self);
        id.ok_or_else(|| Problem::not_found("partner account"))
    }
}
