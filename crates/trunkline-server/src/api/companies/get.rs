use axum::Json;
use axum::extract::State as Extract;
use serde::Serialize;
use trunkline_core::{Provider, Role};
use trunkline_store::channels::count_channels;
use trunkline_store::clients::count_clients;
use trunkline_store::companies::find_company;
use utoipa::ToSchema;

use super::Company;
use crate::State;
use crate::api::{Id, schema};
use crate::auth::Caller;
use crate::problem::Problem;

/// A company, and what it has with us.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompanyDetails {
    #[serde(flatten)]
    company: Company,
    /// How many clients it has, by provider.
    clients: Vec<Count>,
    /// How many channels it has, by provider.
    channels: Vec<Count>,
}

/// So many at a provider.
#[derive(Debug, Serialize, ToSchema)]
struct Count {
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// How many.
    count: i64,
}

fn counts(counts: Vec<(Provider, i64)>) -> Vec<Count> {
    counts.into_iter().map(|(provider, count)| Count { provider, count }).collect()
}

/// Show one company, with how many clients and channels it has.
#[utoipa::path(
    get,
    path = "/api/v1/companies/{id}",
    tag = "Companies",
    params(("id" = i32, Path, description = "The platform's id")),
    responses((status = 200, description = "The company", body = CompanyDetails)),
)]
pub(super) async fn get_company(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id,
) -> Result<Json<CompanyDetails>, Problem> {
    caller.require(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let found = find_company(executor, id, caller.scope).await?;
    let company = found.ok_or_else(|| Problem::not_found("company"))?.into();
    let clients = counts(count_clients(executor, id).await?);
    let channels = counts(count_channels(executor, id).await?);
    Ok(Json(CompanyDetails { company, clients, channels }))
}
