//! Companies: the tenants of the platform, in its own table, of which we read the id and the name.

use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::Scope;

use crate::listed::written_limit;
use crate::{Executor, StoreError, Window};

/// A tenant of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// Companies in the order of their names, whatever the case.
const NAME: &str = "(lower(name) COLLATE \"C\")";

/// With this index companies are found by name without reading them all. The table is the platform's,
/// so that its owner decides; docs/channels.md has it.
pub const NAME_INDEX: &str = "CREATE INDEX CONCURRENTLY idx_companies_lower_name ON public.companies ((lower(name) COLLATE \"C\"), id)";

/// A page of the companies that the scope includes, behind the last one of the page before, and one
/// more where there is a next page.
///
/// They come by id; with `name_prefix`, which is compared without regard to case, by name.
pub async fn list_companies(
    executor: Executor<'_>,
    scope: Scope,
    name_prefix: Option<&str>,
    window: &Window<Company>,
) -> Result<Vec<Company>, StoreError> {
    let statement = Statement::new(scope, name_prefix, window);
    let rows = executor.rows("list companies", &statement.text, &statement.parameters()).await?;
    Ok(rows.iter().map(Company::read).collect())
}

/// The query for a page, and its parameters in the order of their numbers.
struct Statement {
    text: String,
    parameters: Vec<Box<dyn ToSql + Send + Sync>>,
}

impl Statement {
    fn new(scope: Scope, name_prefix: Option<&str>, window: &Window<Company>) -> Self {
        let last = window.after.as_ref();
        let mut parameters: Vec<Box<dyn ToSql + Send + Sync>> =
            vec![Box::new(last.map_or(i32::MIN, |last| last.id))];
        // Behind a SELECT, so that one plan is kept for all values, and only the conditions that there are.
        let (order, mut conditions) = match name_prefix {
            None => ("id".to_owned(), vec!["id > (SELECT $1::INTEGER)".to_owned()]),
            Some(prefix) => {
                let first = last.and_then(|last| last.name.as_deref()).unwrap_or(prefix);
                parameters.push(Box::new(first.to_owned()));
                parameters.push(Box::new(format!("{prefix}\u{10ffff}")));
                let order = format!("{NAME}, id");
                let behind =
                    format!("({order}) > ((SELECT lower($2::TEXT)), (SELECT $1::INTEGER))");
                (order, vec![behind, format!("{NAME} < (SELECT lower($3::TEXT))")])
            }
        };
        if let Some(company) = scope.company() {
            parameters.push(Box::new(company));
            conditions.push(format!("id = (SELECT ${}::INTEGER)", parameters.len()));
        }
        let (conditions, limit) = (conditions.join(" AND "), written_limit(window.rows()));
        let text = format!(
            "SELECT id, name
            FROM public.companies
            WHERE {conditions}
            ORDER BY {order}
            LIMIT {limit}"
        );
        Self { text, parameters }
    }

    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect()
    }
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

#[cfg(test)]
mod tests {
    use trunkline_core::Scope;

    use super::{Company, NAME_INDEX, Statement};
    use crate::Window;
    use crate::listed::plans::{faults, platform};

    #[test]
    fn the_operators_page_has_the_index() {
        assert!(include_str!("../../../docs/channels.md").contains(NAME_INDEX));
    }

    #[tokio::test]
    async fn no_list_reads_more_than_a_page_needs_once_the_index_on_the_name_is_there() {
        let (_database, client) = platform().await;
        client.batch_execute(NAME_INDEX).await.unwrap();
        let mut bad = Vec::new();
        for scope in [Scope::Platform, Scope::Company(17)] {
            for prefix in [None, Some("hotel 1"), Some("HOTEL 17"), Some("none of that name")] {
                for last in [None, Some(1007)] {
                    let name = prefix.map(|_| "Hotel 1007".to_owned());
                    let after = last.map(|id| Company { id, name });
                    let statement = Statement::new(scope, prefix, &Window { after, limit: 50 });
                    let faults = faults(&client, &statement.text, &statement.parameters()).await;
                    if !faults.is_empty() {
                        bad.push(format!("{scope:?} {prefix:?} {last:?}: {faults:?}"));
                    }
                }
            }
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    }
}
