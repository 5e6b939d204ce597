use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::import::list_tasks;
use utoipa::IntoParams;

use super::ImportTask;
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which tasks; the newest come first.
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
}

/// List tasks of the import
///
/// The newest first. It takes an admin's key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/import/tasks",
    tag = "Import",
    params(Filters),
    responses((status = 200, description = "A page of tasks", body = Page<ImportTask>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_import_tasks(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<ImportTask>, Problem> {
    caller.require_platform(Role::Admin)?;
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let found = list_tasks(connection.executor(), window.after, window.rows()).await?;
    Ok(pager.listing(found, filters.limit, &"-id", |task| task.id))
}
