use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::{Extent, Table, quote};
use crate::StoreError;

/// Ids from the first to the last, both of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange(pub i64, pub i64);

/// Rows of a table outside of a backup that rows inside refer to: they must be there before it can be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The table outside, `companies` for one.
    #[serde(flatten)]
    pub table: Table,
    /// The column that is referred to.
    pub column: String,
    /// Its type.
    pub column_type: String,
    /// Which values.
    pub ids: Vec<IdRange>,
}

/// A foreign key that leads outside.
struct Key {
    inside: Table,
    column: String,
    outside: Table,
    outside_column: String,
    column_type: String,
}

/// What the tables of `extent` refer to outside of it, by foreign keys of one integer.
pub(super) async fn list(client: &Client, extent: Extent) -> Result<Vec<Reference>, StoreError> {
    if extent == Extent::WholeDatabase {
        return Ok(Vec::new());
    }
    let mut references: Vec<Reference> = Vec::new();
    let mut queries: Vec<Vec<String>> = Vec::new();
    for key in list_keys(client, extent).await? {
        let (column, inside) = (quote(&key.column), key.inside.quoted());
        let query = format!("SELECT {column}::BIGINT AS id FROM ONLY {inside}");
        let known = references
            .iter()
            .position(|it| it.table == key.outside && it.column == key.outside_column);
        if let Some(known) = known {
            queries[known].push(query);
        } else {
            references.push(Reference {
                table: key.outside,
                column: key.outside_column,
                column_type: key.column_type,
                ids: Vec::new(),
            });
            queries.push(vec![query]);
        }
    }
    for (reference, queries) in references.iter_mut().zip(queries) {
        reference.ids = list_ranges(client, &queries.join(" UNION ")).await?;
    }
    Ok(references)
}

async fn list_keys(client: &Client, extent: Extent) -> Result<Vec<Key>, StoreError> {
    let (inside, outside) = (extent.condition(), outside(extent));
    let query = format!(
        "SELECT nspname::TEXT, relname::TEXT, own.attname::TEXT,
            other_schema, other_table, other.attname::TEXT, format_type(other.atttypid, NULL)
        FROM pg_constraint
        JOIN pg_class ON pg_class.oid = conrelid AND relkind = 'r'
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        JOIN ({outside}) AS outside ON outside.oid = confrelid
        JOIN pg_attribute AS own ON own.attrelid = conrelid AND own.attnum = conkey[1]
        JOIN pg_attribute AS other ON other.attrelid = confrelid AND other.attnum = confkey[1]
        WHERE contype = 'f' AND cardinality(conkey) = 1 AND {inside}
            AND other.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
        ORDER BY 4, 5, 6, 1, 2, 3"
    );
    let rows = client.query_typed(&query, &[]).await;
    let rows = rows.map_err(StoreError::query("read the foreign keys"))?;
    let key = |row: &tokio_postgres::Row| Key {
        inside: Table { schema: row.get(0), table: row.get(1) },
        column: row.get(2),
        outside: Table { schema: row.get(3), table: row.get(4) },
        outside_column: row.get(5),
        column_type: row.get(6),
    };
    Ok(rows.iter().map(key).collect())
}

fn outside(extent: Extent) -> String {
    format!(
        "SELECT pg_class.oid, nspname::TEXT AS other_schema, relname::TEXT AS other_table
        FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE NOT {}",
        extent.condition()
    )
}

/// The values that the queries give, those that follow one another in one range.
async fn list_ranges(client: &Client, ids: &str) -> Result<Vec<IdRange>, StoreError> {
    let query = format!(
        "SELECT min(id), max(id)
        FROM (
            SELECT id, id - row_number() OVER (ORDER BY id) AS island
            FROM (SELECT DISTINCT id FROM ({ids}) AS every WHERE id IS NOT NULL) AS each
        ) AS placed
        GROUP BY island
        ORDER BY 1"
    );
    let rows = client.query_typed(&query, &[]).await;
    let rows = rows.map_err(StoreError::query("read what the rows refer to"))?;
    Ok(rows.iter().map(|row| IdRange(row.get(0), row.get(1))).collect())
}

impl Reference {
    /// Values that the table does not have, the first hundred of them; all of them where it is not there.
    pub(super) async fn list_missing(&self, client: &Client) -> Result<Vec<i64>, StoreError> {
        let known = if self.may(client, "").await? == Some(true) {
            let (relation, column) = (self.table.quoted(), quote(&self.column));
            format!(
                "WHERE NOT EXISTS (SELECT FROM {relation} AS there WHERE there.{column} = needed.id)"
            )
        } else {
            String::new()
        };
        let query = format!(
            "SELECT id
            FROM ({}) AS needed
            {known}
            ORDER BY id
            LIMIT 100",
            self.values()
        );
        let rows = client.query_typed(&query, &[]).await;
        let rows = rows.map_err(StoreError::query("look for the rows that are referred to"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Whether the login has this right on the table, or with an empty one whether it is there; `None`: it is not.
    pub(super) async fn may(
        &self,
        client: &Client,
        right: &str,
    ) -> Result<Option<bool>, StoreError> {
        let relation = self.table.quoted();
        let query = "
            SELECT CASE
                WHEN to_regclass($1) IS NULL THEN NULL
                WHEN $2 = '' THEN true
                ELSE has_table_privilege(to_regclass($1), $2)
            END";
        let row =
            client.query_typed_one(query, &[(&relation, Type::TEXT), (&right, Type::TEXT)]).await;
        let row = row.map_err(StoreError::query("look at the rights of the login"))?;
        Ok(row.get(0))
    }

    /// A query of every value, as `id`.
    pub(super) fn values(&self) -> String {
        let ranges: Vec<String> =
            self.ids.iter().map(|IdRange(first, last)| format!("({first}, {last})")).collect();
        if ranges.is_empty() {
            return "SELECT 0::BIGINT AS id WHERE false".to_owned();
        }
        format!(
            "SELECT generate_series(first::BIGINT, last::BIGINT) AS id FROM (VALUES {}) AS ranges (first, last)",
            ranges.join(", ")
        )
    }
}
