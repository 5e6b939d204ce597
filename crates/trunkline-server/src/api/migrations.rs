use axum::Json;
use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::Role;
use trunkline_migrate::MigrationState;
use utoipa::ToSchema;

use crate::State;
use crate::api::schema;
use crate::auth::Caller;
use crate::problem::Problem;

/// How the migrations stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Migrations {
    /// Whether everything is applied and unchanged.
    is_current: bool,
    /// One row a migration, in the order of the set, then what the set does not have.
    migrations: Vec<Migration>,
}

/// How one migration stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Migration {
    /// Its whole name.
    #[schema(example = "007-partner-configurations")]
    name: String,
    /// Applied; pending; `out_of_order`: pending, although later ones are applied;
    /// `applied_by_platform`: by the platform's own runner, not recorded yet; changed since it was
    /// applied; `missing_file`: applied, and this release does not have it; `half_way`.
    #[schema(value_type = String, example = "applied")]
    state: MigrationState,
    /// When it was applied or adopted.
    #[schema(schema_with = schema::optional_timestamp)]
    applied_at: Option<Timestamp>,
    /// Whether there is a script that takes it back.
    is_reversible: bool,
    /// The failure of its last run, if that failed.
    last_error: Option<String>,
}

/// Show the migrations
///
/// How the database stands to those of this release; nothing is applied. It takes a key of the platform. Applying and reverting is the command line's:
/// `trunkline migrate`.
#[utoipa::path(
    get,
    path = "/api/v1/migrations",
    tag = "Migrations",
    responses((status = 200, description = "How they stand", body = Migrations)),
)]
pub(super) async fn get_migrations(
    caller: Caller,
    Extract(state): Extract<State>,
) -> Result<Json<Migrations>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let status = state.migrator.status().await?;
    let is_current = status.is_current();
    let migrations = status.migrations.into_iter().map(|row| Migration {
        name: row.migration.to_string(),
        state: row.state,
        applied_at: row.applied_at,
        is_reversible: row.reversible,
        last_error: row.last_error,
    });
    Ok(Json(Migrations { is_current, migrations: migrations.collect() }))
}
