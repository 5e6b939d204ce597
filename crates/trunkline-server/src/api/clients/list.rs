use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::{ClientStatus, Provider, Role};
use trunkline_store::Window;
use trunkline_store::clients::{self, ClientField, ClientFilter};
use utoipa::IntoParams;

use super::Client;
use crate::State;
use crate::api::{Documents, Limit, Order, Page, Pager, Query, schema, unsupported};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which clients, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// So many at most.
    #[param(inline, required = false)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// The order.
    #[param(schema_with = schema::order::<ClientField>, required = false)]
    #[serde(default)]
    sort: Order<ClientField>,
    /// At one provider alone; not beside `partner_account_id`, unless `company_id` is given.
    #[param(schema_with = schema::provider, required = false)]
    provider: Option<Provider>,
    /// In one status alone. Sorted by `updated_at` and not beside `partner_account_id`, unless `company_id` is given.
    #[param(schema_with = schema::client_status, required = false)]
    status: Option<ClientStatus>,
    /// Of one company alone.
    company_id: Option<i32>,
    /// That belong to one partner account alone. Sorted by `updated_at`, unless `company_id` is given.
    partner_account_id: Option<i32>,
    /// Changed then or later. Sorted by `updated_at`, unless `company_id` is given.
    #[param(schema_with = schema::timestamp, required = false)]
    #[serde(default, deserialize_with = "crate::api::instant::optional")]
    updated_since: Option<Timestamp>,
}

/// List the clients of all providers.
///
/// A key of one company sees its own alone, and may combine every filter with every order.
#[utoipa::path(
    get,
    path = "/api/v1/clients",
    tag = "Clients",
    params(Filters),
    responses((status = 200, description = "A page of clients", body = Page<Client>,
        headers(("Link" = Option<String>, description = "The next page, rel=next")))),
)]
pub(super) async fn list_clients(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Documents<clients::Client>, Problem> {
    caller.require(Role::Viewer)?;
    let filter = ClientFilter {
        provider: filters.provider,
        status: filters.status,
        company_id: filters.company_id,
        partner_account_id: filters.partner_account_id,
        updated_since: filters.updated_since,
    };
    let Some(filter) = filter.within(caller.scope) else { return Ok(Documents::empty()) };
    let sort = filters.sort.0;
    filter.check(sort.field).map_err(unsupported)?;
    let after = pager.after(filters.cursor.as_deref(), &filters.sort)?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let rows = clients::list_clients(connection.executor(), &filter, sort, &window).await?;
    pager.documents(rows, filters.limit, &filters.sort, |client| client.key(sort.field))
}
