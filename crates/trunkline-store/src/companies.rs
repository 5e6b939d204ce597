//! Companies: the tenants of the platform, in its own table, of which we read the id and the name.

use tokio_postgres::Row;
use trunkline_core::Scope;

use crate::{Executor, StoreError, Window};

/// A tenant of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// `companies.id`.
    pub id: i32,
    /// `companies.name`.
    pub name: Option<String>,
}

impl Company {
    fn read(row: &Row) -> Self {
        Self { id: row.get(0), name: row.get(1) }
    }
}

/// A page of the companies that the scope includes, by id, and one more where there is a next page.
///
/// `name_prefix` is compared without regard to case. The table is the platform's, which may have no
/// index on the name, so that a rare prefix reads the table.
pub async fn list_companies(
    executor: Executor<'_>,
    scope: Scope,
    name_prefix: Option<&str>,
    window: &Window<i32>,
) -> Result<Vec<Company>, StoreError> {
    let query = "
        SELECT id, name
        FROM public.companies
        WHERE id > $1
            AND ($2::INTEGER IS NULL OR id = $2)
            AND ($3::TEXT IS NULL OR starts_with(lower(name), lower($3)))
        ORDER BY id
        LIMIT $4";
    let after = window.after.unwrap_or(i32::MIN);
    let parameters: crate::database::Parameters<'_> =
        &[&after, &scope.company(), &name_prefix, &window.rows()];
    let rows = executor.rows("list companies", query, parameters).await?;
    Ok(rows.iter().map(Company::read).collect())
}

/// The company with this id, if the scope includes it.
pub async fn find_company(
    executor: Executor<'_>,
    id: i32,
    scope: Scope,
) -> Result<Option<Company>, StoreError> {
    if scope.company().is_some_and(|company| company != id) {
        return Ok(None);
    }
    let query = "
        SELECT id, name
        FROM public.companies
        WHERE id = $1";
    let row = executor.row("look for a company", query, &[&id]).await?;
    Ok(row.as_ref().map(Company::read))
}
