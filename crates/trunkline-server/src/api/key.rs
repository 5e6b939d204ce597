use axum::Json;
use serde::Serialize;
use trunkline_core::{Permission, Role};
use utoipa::ToSchema;

use crate::Problem;
use crate::auth::Caller;

/// The key that the request came with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    /// Its id.
    id: i32,
    /// What the administrators call it.
    name: String,
    /// What it may do.
    #[schema(value_type = String, example = "operator")]
    role: Role,
    /// What it may do with the providers, and with credentials.
    #[schema(value_type = Vec<String>, example = json!(["provider:send"]))]
    permissions: Vec<Permission>,
    /// The one company that it sees; null: the whole platform.
    company_id: Option<i32>,
}

/// Show the key of the request
///
/// To try a key, and to see what it may do.
#[utoipa::path(
    get,
    path = "/api/v1/key",
    tag = "API keys",
    responses((status = 200, description = "The key", body = Key)),
)]
pub(crate) async fn get_key(caller: Caller) -> Result<Json<Key>, Problem> {
    Ok(Json(Key {
        id: caller.key_id,
        role: caller.role,
        permissions: caller.permissions,
        company_id: caller.scope.company(),
        name: caller.name,
    }))
}
