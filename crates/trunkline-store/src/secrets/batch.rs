use rand_core::CryptoRng;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Transaction};
use trunkline_core::secrets::{KeyRing, OpenError, Secret};

use super::StoredColumn;
use super::counts::{plaintext, sealed};
use crate::StoreError;

/// Which values a batch takes; it leaves them sealed under the active key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrite {
    /// Those under another key than the active one.
    Older,
    /// Plaintext.
    Plaintext,
}

/// What a batch did.
#[derive(Debug, Default)]
pub struct Batch {
    /// The last row that was looked at, behind which the next batch begins; `None` at the end.
    pub last: Option<i64>,
    /// How many values were written.
    pub written: u64,
    /// What did not open, and was left as it is.
    pub unopened: Vec<Unopened>,
}

/// A value that does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// Its column.
    pub column: StoredColumn,
    /// The id of its row.
    pub row: i64,
    /// Why.
    pub reason: OpenError,
}

/// New texts for rows that still hold the old ones.
#[derive(Default)]
struct Replacements {
    rows: Vec<i64>,
    old: Vec<String>,
    new: Vec<String>,
}

/// Seals the values of up to `limit` rows behind row `after`, in one transaction.
///
/// Rows that somebody else has locked are passed over, so it waits for nobody; the caller comes back
/// to them. `updated_at` stays, since the secret is the same.
pub async fn rewrite_secrets(
    client: &mut Client,
    column: &StoredColumn,
    ring: &KeyRing,
    random: &mut impl CryptoRng,
    rewrite: Rewrite,
    after: i64,
    limit: u32,
) -> Result<Batch, StoreError> {
    let failed = StoreError::query("begin or commit a batch of secrets");
    let transaction = client.transaction().await.map_err(&failed)?;
    let found = lock_batch(&transaction, column, ring, rewrite, after, limit).await?;
    let mut batch = Batch { last: found.last().map(|(row, _)| *row), ..Batch::default() };
    let mut replacements = Replacements::default();
    for (row, old) in found {
        let id = row.to_string();
        let place = column.column.place(&id);
        let secret = match rewrite {
            Rewrite::Older => ring.open(&place, &old),
            Rewrite::Plaintext => Ok(Secret::new(old.clone())),
        };
        match secret {
            Ok(secret) => {
                replacements.rows.push(row);
                replacements.old.push(old);
                replacements.new.push(ring.seal(&place, &secret, random));
            }
            Err(reason) => batch.unopened.push(Unopened { column: column.clone(), row, reason }),
        }
    }
    batch.written = replace(&transaction, column, &replacements).await?;
    transaction.commit().await.map_err(&failed)?;
    Ok(batch)
}

/// The next rows with what they hold, locked against change as long as the transaction lasts.
///
/// NO KEY UPDATE is the lock of an UPDATE that leaves the key alone: rows that refer to these can
/// still be inserted.
async fn lock_batch(
    transaction: &Transaction<'_>,
    column: &StoredColumn,
    ring: &KeyRing,
    rewrite: Rewrite,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, String)>, StoreError> {
    let (relation, name) = (column.relation(), column.column.name);
    let (limit, active) = (i64::from(limit), ring.active().to_string());
    let mut parameters: Vec<(&(dyn ToSql + Sync), Type)> =
        vec![(&after, Type::INT8), (&limit, Type::INT8)];
    let wanted = match rewrite {
        Rewrite::Older => {
            parameters.push((&active, Type::TEXT));
            format!("{} AND substr({name}, 6, 8) <> $3", sealed(name))
        }
        Rewrite::Plaintext => plaintext(name),
    };
    let query = format!(
        "SELECT id::BIGINT, {name}
        FROM {relation}
        WHERE id > $1 AND {wanted}
        ORDER BY id
        LIMIT $2
        FOR NO KEY UPDATE SKIP LOCKED"
    );
    let rows = transaction.query_typed(&query, &parameters).await;
    let rows = rows.map_err(StoreError::query("read a batch of secrets"))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Writes what still holds what was read; returns how many that were.
async fn replace(
    transaction: &Transaction<'_>,
    column: &StoredColumn,
    replacements: &Replacements,
) -> Result<u64, StoreError> {
    if replacements.rows.is_empty() {
        return Ok(0);
    }
    let (relation, name) = (column.relation(), column.column.name);
    let query = format!(
        "UPDATE {relation} AS stored
        SET {name} = replacement.new
        FROM unnest($1, $2, $3) AS replacement (id, old, new)
        WHERE stored.id = replacement.id AND stored.{name} = replacement.old
        RETURNING 1"
    );
    let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
        (&replacements.rows, Type::INT8_ARRAY),
        (&replacements.old, Type::TEXT_ARRAY),
        (&replacements.new, Type::TEXT_ARRAY),
    ];
    let written = transaction.query_typed(&query, &parameters).await;
    let written = written.map_err(StoreError::query("write a batch of secrets"))?;
    Ok(u64::try_from(written.len()).unwrap_or(u64::MAX))
}
