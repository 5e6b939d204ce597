//! `/admin/api-keys`: keys for programs, made, listed and revoked by whoever is at least an admin.

mod create;
mod list;
mod permissions;
mod revoke;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use trunkline_store::api_keys::{ApiKey, ApiKeyState};

use super::Time;
use crate::State;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/api-keys", get(list::list))
        .route("/api-keys/new", get(create::show).post(create::create))
        .route("/api-keys/{id}/permissions", get(permissions::show).post(permissions::save))
        .route("/api-keys/{id}/revoke", get(revoke::ask).post(revoke::revoke))
}

/// A key as its row shows it.
pub(super) struct Row {
    id: i32,
    name: String,
    hint: String,
    scope: String,
    role: &'static str,
    /// What it may do beyond that.
    permissions: Vec<String>,
    tone: &'static str,
    state: &'static str,
    is_usable: bool,
    until: Option<Time>,
    last_used: Option<Time>,
    last_used_address: String,
}

impl Row {
    fn new(key: ApiKey, now: Timestamp) -> Self {
        let state = key.state(now);
        let (tone, word) = match state {
            ApiKeyState::Active => ("good", "Active"),
            ApiKeyState::Expired => ("warn", "Expired"),
            ApiKeyState::Revoked => ("off", "Revoked"),
        };
        Self {
            id: key.id,
            name: key.name,
            hint: key.hint,
            scope: key
                .company_id
                .map_or_else(|| "Platform".to_owned(), |id| format!("Company {id}")),
            role: key.role.as_str(),
            permissions: key.permissions.iter().map(ToString::to_string).collect(),
            tone,
            state: word,
            is_usable: state == ApiKeyState::Active,
            until: key.expires_at.filter(|_| key.revoked_at.is_none()).map(Time::from),
            last_used: key.last_used_at.map(Time::from),
            last_used_address: key.last_used_address.unwrap_or_default(),
        }
    }
}
