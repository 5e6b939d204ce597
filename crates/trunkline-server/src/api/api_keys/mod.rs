//! `/api/v1/api-keys`: whoever has the role admin gives keys to programs, and takes them away.

mod act;
mod change;
mod create;
mod get;
mod list;
mod revoke;

use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::{Permission, Role};
use trunkline_store::api_keys;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;
use crate::api::{Versioned, schema};

pub use act::add_api_key;
pub(crate) use act::{KeyChange, KeyRequest, change_key, create_key, revoke_key};

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list::list_api_keys, create::create_api_key))
        .routes(routes!(get::get_api_key, change::change_api_key, revoke::revoke_api_key))
}

/// A key that a program comes with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    /// Its id.
    pub id: i32,
    /// What the administrators call it.
    pub name: String,
    /// Its first characters, to know it by.
    pub hint: String,
    /// What it may do.
    #[schema(schema_with = schema::key_role)]
    pub role: Role,
    /// What it may do with the providers, and with credentials: `provider:send`, `provider:read`, `credentials:read`, or a
    /// method and a path of a provider.
    #[schema(value_type = Vec<String>, example = json!(["provider:send", "GET {number}/block_users"]))]
    pub permissions: Vec<Permission>,
    /// The one company that it sees; null: the whole platform.
    pub company_id: Option<i32>,
    /// When it ends; null: never.
    #[schema(schema_with = schema::optional_timestamp)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked; null: it was not.
    #[schema(schema_with = schema::optional_timestamp)]
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(schema_with = schema::optional_timestamp)]
    pub last_used_at: Option<Timestamp>,
    /// From which address it was last used.
    pub last_used_address: Option<String>,
    /// When it was made.
    #[schema(schema_with = schema::timestamp)]
    pub created_at: Timestamp,
}

impl Versioned for ApiKey {
    const ASIDE: &'static [&'static str] = &["last_used_at", "last_used_address"];
}

impl From<api_keys::ApiKey> for ApiKey {
    fn from(key: api_keys::ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            hint: key.hint,
            role: key.role,
            permissions: key.permissions,
            company_id: key.company_id,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
            last_used_address: key.last_used_address,
            created_at: key.created_at,
        }
    }
}
