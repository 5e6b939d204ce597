//! `/api/v1/companies`: the platform's tenants, and what they have with us.

mod get;
mod list;

use serde::Serialize;
use trunkline_store::companies;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;

pub(super) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list::list_companies)).routes(routes!(get::get_company))
}

/// A tenant of the platform.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Company {
    /// The platform's id.
    pub id: i32,
    /// The platform's name for it.
    pub name: Option<String>,
}

impl From<companies::Company> for Company {
    fn from(company: companies::Company) -> Self {
        Self { id: company.id, name: company.name }
    }
}
