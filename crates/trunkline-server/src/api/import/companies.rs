use axum::extract::State as Extract;
use serde::{Deserialize, Serialize};
use trunkline_core::Role;
use trunkline_store::Window;
use trunkline_store::import::{PlannedCompany, TaskKind, find_last_done, list_planned_companies};
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::problem::Problem;

/// Which companies.
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

/// What would become of a company's rows by the last plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportCompany {
    /// The company; null: rows without one.
    company_id: Option<i32>,
    /// Its name.
    company: Option<String>,
    /// Channels that would be made.
    create: i64,
    /// Channels that would be brought up to date.
    update: i64,
    /// Rows whose channel is there.
    already_there: i64,
    /// Rows that cannot be taken over.
    conflict: i64,
    /// Rows that somebody decided to leave out.
    left_out: i64,
    /// Rows of other types.
    skipped: i64,
}

impl From<PlannedCompany> for ImportCompany {
    fn from(counted: PlannedCompany) -> Self {
        Self {
            company_id: counted.company_id,
            company: counted.company,
            create: counted.creates,
            update: counted.updates,
            already_there: counted.already_there,
            conflict: counted.conflicts,
            left_out: counted.left_out,
            skipped: counted.skipped,
        }
    }
}

/// List the companies of the last plan
///
/// Rows without a company first. It takes an admin's key of the platform.
#[utoipa::path(
    get,
    path = "/api/v1/import/companies",
    tag = "Import",
    params(Filters),
    responses((status = 200, description = "A page of companies", body = Page<ImportCompany>,
        headers(("Link" = String, description = "The next page, rel=next")))),
)]
pub(super) async fn list_import_companies(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Listing<ImportCompany>, Problem> {
    caller.require_platform(Role::Admin)?;
    let after = pager.after(filters.cursor.as_deref(), &"place")?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let Some(plan) = find_last_done(executor, TaskKind::Plan).await? else {
        return Ok(Listing::empty());
    };
    let found = list_planned_companies(executor, plan.id, &window).await?;
    Ok(pager.listing(found, filters.limit, &"place", |company| company.place))
}
