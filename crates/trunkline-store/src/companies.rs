//! Companies: the tenants of the platform, in its own table, of which we read the id and the name.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::Scope;

use crate::listed::written_limit;
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
    let (after, company) = (window.after.unwrap_or(i32::MIN), scope.company());
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&after];
    // Behind a SELECT, so that one plan is kept for all values, and only the conditions that there are.
    let mut conditions = vec!["id > (SELECT $1::INTEGER)".to_owned()];
    if let Some(company) = &company {
        parameters.push(company);
        conditions.push(format!("id = (SELECT ${}::INTEGER)", parameters.len()));
    }
    if let Some(prefix) = &name_prefix {
        parameters.push(prefix);
        conditions
            .push(format!("starts_with(lower(name), (SELECT lower(${}::TEXT)))", parameters.len()));
    }
    let (conditions, limit) = (conditions.join(" AND "), written_limit(window.rows()));
    let query = format!(
        "SELECT id, name
        FROM public.companies
        WHERE {conditions}
        ORDER BY id
        LIMIT {limit}"
    );
    let rows = executor.rows("list companies", &query, &parameters).await?;
    Ok(rows.iter().map(Company::read).collect())
}

/// The companies with these ids.
pub async fn list_company_names(
    executor: Executor<'_>,
    ids: &[i32],
) -> Result<Vec<Company>, StoreError> {
    let query = "
        SELECT id, name
        FROM public.companies
        WHERE id = ANY ($1)";
    let rows = executor.rows("list companies by id", query, &[&ids]).await?;
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
