//! Whether the lists of clients and channels are what the tables of the providers make them, and how they become it.
//!
//! Triggers keep them so. What goes past these (disabled triggers, a restored archive or dump of some tables) is found
//! and written here.

mod tables;

use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use crate::StoreError;
use tables::{LISTS, Source};

/// Rows of a list that are not as in the table of their provider: different, missing, or of nothing.
pub struct ListDifference {
    source: Source,
    ids: Vec<i32>,
}

impl ListDifference {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }
}

/// Compares every row of the lists; a million takes some seconds.
pub async fn find_list_differences(client: &Client) -> Result<Vec<ListDifference>, StoreError> {
    let mut differences = Vec::new();
    for source in LISTS {
        let (rows, list, columns) = (source.rows(), source.list(), source.columns());
        let query = format!(
            "SELECT coalesce(there.id, listed.id)
            FROM ({rows}) AS there
            FULL JOIN (
                SELECT {columns}
                FROM {list}
                WHERE provider = $1
            ) AS listed ON listed.id = there.id
            WHERE ROW (there.*) IS DISTINCT FROM ROW (listed.*)
            ORDER BY 1"
        );
        let provider = source.provider().as_str();
        let found = client.query_typed(&query, &[(&provider, Type::TEXT)]).await;
        let found = found.map_err(StoreError::query("compare a list with its table"))?;
        if !found.is_empty() {
            let ids = found.iter().map(|row| row.get(0)).collect();
            differences.push(ListDifference { source, ids });
        }
    }
    Ok(differences)
}

/// Writes these rows as they are in the tables of the providers.
pub async fn repair_lists(
    client: &mut Client,
    differences: &[ListDifference],
) -> Result<(), StoreError> {
    let failed = StoreError::query("write rows of a list anew");
    let transaction = client.transaction().await.map_err(&failed)?;
    for ListDifference { source, ids } in differences {
        let (rows, list, columns) = (source.rows(), source.list(), source.columns());
        let provider = source.provider().as_str();
        // Whoever is changing one of them has written the list already, or waits until this has.
        let lock =
            format!("SELECT FROM ({rows}) AS there WHERE id = ANY ($1) ORDER BY id FOR SHARE");
        let delete = format!("DELETE FROM {list} WHERE provider = $1 AND id = ANY ($2)");
        let insert = format!(
            "INSERT INTO {list} (provider, {columns})
            SELECT $1, {columns}
            FROM ({rows}) AS there
            WHERE id = ANY ($2)"
        );
        let of_ids: (&(dyn ToSql + Sync), Type) = (ids, Type::INT4_ARRAY);
        let of_provider: (&(dyn ToSql + Sync), Type) = (&provider, Type::TEXT);
        transaction.query_typed(&lock, std::slice::from_ref(&of_ids)).await.map_err(&failed)?;
        for statement in [&delete, &insert] {
            let parameters = [of_provider.clone(), of_ids.clone()];
            transaction.execute_typed(statement, &parameters).await.map_err(&failed)?;
        }
    }
    transaction.commit().await.map_err(&failed)
}
