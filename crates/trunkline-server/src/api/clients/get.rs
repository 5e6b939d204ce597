use axum::extract::State as Extract;
use trunkline_core::Role;
use trunkline_store::QualifiedId;
use trunkline_store::clients::{self, find_client};

use super::Client;
use crate::State;
use crate::api::{Id, One};
use crate::auth::Caller;
use crate::problem::Problem;

/// Show one client.
#[utoipa::path(
    get,
    path = "/api/v1/clients/{id}",
    tag = "Clients",
    params(("id" = String, Path, description = "Its id, as `meta-7`")),
    responses((status = 200, description = "The client", body = Client)),
)]
pub(super) async fn get_client(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
) -> Result<One<clients::Client>, Problem> {
    caller.require(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let found = find_client(connection.executor(), id, caller.scope).await?;
    found.map(One).ok_or_else(|| Problem::not_found("client"))
}
