use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::legacy::Conflict;
use trunkline_store::Window;
use trunkline_store::import::{ConflictFilter, TaskKind, find_last_done, list_planned_conflicts};
use utoipa::IntoParams;

use super::{ImportConflict, conflict};
use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which conflicts.
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
    /// Of one kind.
    #[param(schema_with = conflict, required = false)]
    conflict: Option<Conflict>,
    /// Of one company.
    company_id: Option<i32>,
    /// Those about which somebody decided, or nobody did.
    decided: Option<bool>,
    /// This row alone.
    row: Option<i64>,
}

/// List the conflicts of the last plan
///
/// By row of the platform's, each with what may be decided. A row about which somebody decided is listed too. It takes an admin's key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/import/conflicts",
    tag = "Import",
    params(Filters),
    responses((status = 200, description = "A page of conflicts", body = Page<ImportConflict>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_import_conflicts(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<ImportConflict>, Problem> {
    caller.require_platform(Role::Admin)?;
    let after = pager.after(filters.cursor.as_deref(), &"row")?;
    let window = Window { after, limit: filters.limit.get() };
    let filter = ConflictFilter {
        conflict: filters.conflict,
        company_id: filters.company_id,
        is_decided: filters.decided,
        row: filters.row,
    };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let Some(plan) = find_last_done(executor, TaskKind::Plan).await? else {
        return Ok(Listing::empty());
    };
    let found = list_planned_conflicts(executor, plan.id, &filter, &window).await?;
    Ok(pager.listing(found, filters.limit, &"row", |found| found.source_row))
}
