use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::api_keys::{self, ApiKeyField, ApiKeyFilter, ApiKeyState};
use utoipa::IntoParams;
use utoipa::openapi::Object;

use super::ApiKey;
use crate::State;
use crate::api::{Limit, Listing, Order, Page, Pager, Query, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which keys, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// So many at most.
    #[param(inline, required = false)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// The order.
    #[param(schema_with = schema::order::<ApiKeyField>, required = false)]
    #[serde(default)]
    sort: Order<ApiKeyField>,
    /// Of one company alone.
    company_id: Option<i32>,
    /// Of one role alone.
    #[param(schema_with = schema::key_role, required = false)]
    role: Option<Role>,
    /// In one state alone.
    #[param(schema_with = state_schema, required = false)]
    state: Option<ApiKeyState>,
}

fn state_schema() -> Object {
    schema::words("In one state alone", ApiKeyState::ALL.iter().map(|state| state.as_str()))
}

/// List keys
///
/// Revoked and expired ones too; the keys themselves are never shown.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys",
    tag = "API keys",
    params(Filters),
    responses((status = 200, description = "A page of keys", body = Page<ApiKey>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_api_keys(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<ApiKey>, Problem> {
    caller.require(Role::Admin)?;
    let after = pager.after(filters.cursor.as_deref(), &filters.sort)?;
    let window = Window { after, limit: filters.limit.get() };
    let own = caller.scope.company();
    if own.is_some() && filters.company_id.is_some_and(|company| Some(company) != own) {
        return Ok(Listing::empty());
    }
    let filter = ApiKeyFilter {
        company_id: own.or(filters.company_id),
        role: filters.role,
        state: filters.state,
        search: None,
    };
    let connection = state.store.connection().await?;
    let (executor, now) = (connection.executor(), state.clock.now());
    let keys = api_keys::list_api_keys(executor, &filter, filters.sort.0, &window, now).await?;
    let place = |key: &api_keys::ApiKey| (key.name.clone(), key.id);
    Ok(pager.listing(keys, filters.limit, &filters.sort, place))
}
