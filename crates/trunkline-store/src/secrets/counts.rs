use std::fmt;

use tokio_postgres::Client;
use trunkline_core::secrets::KeyId;

use super::StoredColumn;
use crate::StoreError;

/// A whole envelope, as PostgreSQL sees one in the column `{}`: what `Form::of` says in Rust.
///
/// 38 characters are a nonce and a tag; no base64 has one character more than whole groups of four.
pub(super) fn sealed(column: &str) -> String {
    format!(
        r"({column} ~ '^tlk1\.[0-9a-f]{{8}}\.[A-Za-z0-9_-]{{38,}}$' AND length({column}) % 4 <> 3)"
    )
}

/// What begins like an envelope of any version is never plaintext; an empty text is no secret.
pub(super) fn plaintext(column: &str) -> String {
    format!(r"({column} <> '' AND {column} !~ '^tlk[0-9]+\.')")
}

/// How a value stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// Sealed under this key.
    Key(KeyId),
    /// Not encrypted.
    Plaintext,
    /// It begins like an envelope, and is none that is understood.
    Malformed,
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::Plaintext => f.write_str("plaintext"),
            Self::Malformed => f.write_str("malformed"),
        }
    }
}

/// How many values of a column stand in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretCount {
    /// The column.
    pub column: StoredColumn,
    /// In which way.
    pub under: Under,
    /// How many rows.
    pub rows: u64,
}

/// Counts the values of these columns by the key that seals them, in one snapshot.
pub async fn count_secrets(
    client: &Client,
    columns: &[StoredColumn],
) -> Result<Vec<SecretCount>, StoreError> {
    let parts: Vec<String> =
        columns.iter().enumerate().map(|(index, column)| query(index, column)).collect();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let query = format!("{} ORDER BY 1, 2", parts.join(" UNION ALL "));
    let rows = client.query_typed(&query, &[]).await;
    let rows = rows.map_err(StoreError::query("count secrets"))?;
    let count = |row: &tokio_postgres::Row| {
        let index = usize::try_from(row.get::<_, i32>(0)).ok()?;
        let under = match row.get(1) {
            "plaintext" => Under::Plaintext,
            word => word.parse().map_or(Under::Malformed, Under::Key),
        };
        let rows = row.get::<_, i64>(2).unsigned_abs();
        Some(SecretCount { column: columns.get(index)?.clone(), under, rows })
    };
    Ok(rows.iter().filter_map(count).collect())
}

fn query(index: usize, column: &StoredColumn) -> String {
    let (relation, name) = (column.relation(), column.column.name);
    let (sealed, plaintext) = (sealed(name), plaintext(name));
    format!(
        "SELECT {index},
            CASE WHEN {sealed} THEN substr({name}, 6, 8) WHEN {plaintext} THEN 'plaintext' ELSE 'malformed' END,
            count(*)
        FROM {relation}
        WHERE {name} <> ''
        GROUP BY 2"
    )
}
