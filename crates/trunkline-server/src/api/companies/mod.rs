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

/// What a list of companies is sorted by, for its cursors: a place among the names that begin so is none among others.
pub(crate) fn order(name_prefix: Option<&str>) -> String {
    name_prefix.map_or_else(|| "id".to_owned(), |prefix| format!("name {prefix}"))
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
