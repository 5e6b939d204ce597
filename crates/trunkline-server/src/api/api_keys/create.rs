use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trunkline_core::{Permission, Role, Scope};
use utoipa::ToSchema;

use super::change::refuse_more;
use super::{ApiKey, KeyRequest, create_key};
use crate::State;
use crate::api::{Body, schema};
use crate::auth::Caller;
use crate::problem::{Kind, Problem};

/// A key that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100, example = "billing")]
    name: String,
    /// What it may do.
    #[schema(schema_with = schema::key_role)]
    role: Role,
    /// What it may do beyond that; empty: nothing. A key gives only what it may itself; `credentials:read` is granted on the
    /// page, by an owner.
    #[schema(value_type = Vec<String>, required = false, max_items = 50)]
    #[serde(default)]
    permissions: Vec<Permission>,
    /// The one company that it sees; null: everything that the key sees which makes it.
    company_id: Option<i32>,
    /// When it ends, in the future; null: never. No later than the key that makes it.
    #[schema(schema_with = schema::optional_timestamp, required = false)]
    #[serde(default, deserialize_with = "crate::api::instant::optional")]
    expires_at: Option<Timestamp>,
}

/// A key that was made, with the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    /// What the other operations show of it too.
    #[serde(flatten)]
    shown: ApiKey,
    /// The key, shown now and never again.
    #[schema(example = "tlk_…")]
    key: String,
}

/// Make a key
///
/// Only this answer shows it; a repetition with the same `Idempotency-Key` within 24 hours shows it
/// again. It takes a key of the role admin. No key makes one that sees more than itself, may more with the providers, or
/// ends later.
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    tag = "API keys",
    request_body = NewApiKey,
    responses((status = 201, description = "Made", body = CreatedApiKey,
        headers(("Location" = String, description = "Its address")))),
)]
pub(super) async fn create_api_key(
    caller: Caller,
    Extract(state): Extract<State>,
    Body(new): Body<NewApiKey>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let company_id = match (caller.scope, new.company_id) {
        (Scope::Platform, company) => company,
        (Scope::Company(own), None) => Some(own),
        (Scope::Company(own), Some(company)) if company == own => Some(own),
        (Scope::Company(_), Some(_)) => {
            let detail = "this key sees one company; it makes keys of that company alone";
            return Err(Problem::new(Kind::Forbidden, detail));
        }
    };
    let NewApiKey { name, role, permissions, expires_at, .. } = new;
    refuse_more(&caller, &permissions, "expires_at", expires_at)?;
    let request = KeyRequest { name, role, company_id, permissions, expires_at, created_by: None };
    let (made, key) = create_key(&state, &caller.actor(), &request).await?;
    let location = format!("/api/v1/api-keys/{}", made.id);
    let created = CreatedApiKey { shown: made.into(), key: key.expose().to_owned() };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(created)).into_response())
}
