use jiff::Timestamp;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// A secret that was replaced, as ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedSecret {
    /// Its row, for which it is sealed.
    pub id: i32,
    /// Whose it was.
    pub account_id: i32,
    /// The column of the account in which it stood.
    pub column: String,
    /// Ciphertext.
    pub secret: String,
    /// Until when it stood there.
    pub replaced_at: Timestamp,
}

/// The id of a row to come: a secret is sealed for its row.
pub async fn reserve_replaced_secret(executor: Executor<'_>) -> Result<i32, StoreError> {
    let query = "
        SELECT nextval(pg_get_serial_sequence('trunkline.replaced_secrets', 'id'))::INTEGER AS id";
    let doing = "number a replaced secret";
    let row = executor.row(doing, query, &[]).await?;
    let reason = "there was no number".to_owned();
    row.map(|row| row.get("id")).ok_or(StoreError::Query { doing, reason, code: None })
}

/// Keeps a secret that is being replaced.
pub async fn insert_replaced_secret(
    executor: Executor<'_>,
    replaced: &ReplacedSecret,
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.replaced_secrets (id, partner_configuration_id, column_name, secret, replaced_at)
        VALUES ($1, $2, $3, $4, $5)";
    let parameters: Parameters<'_> = &[
        &replaced.id,
        &replaced.account_id,
        &replaced.column,
        &replaced.secret,
        &replaced.replaced_at,
    ];
    executor.execute("keep a replaced secret", query, parameters).await?;
    Ok(())
}

/// What was replaced since an instant, the newest first.
pub async fn list_replaced_secrets(
    executor: Executor<'_>,
    since: Timestamp,
) -> Result<Vec<ReplacedSecret>, StoreError> {
    let query = "
        SELECT id, partner_configuration_id, column_name, secret, replaced_at
        FROM trunkline.replaced_secrets
        WHERE replaced_at > $1
        ORDER BY replaced_at DESC, id DESC
        LIMIT 1000";
    let rows = executor.rows("list replaced secrets", query, &[&since]).await?;
    let read = |row: &tokio_postgres::Row| ReplacedSecret {
        id: row.get("id"),
        account_id: row.get("partner_configuration_id"),
        column: row.get("column_name"),
        secret: row.get("secret"),
        replaced_at: row.get("replaced_at"),
    };
    Ok(rows.iter().map(read).collect())
}

/// Deletes what was replaced before an instant.
pub async fn delete_replaced_secrets(
    executor: Executor<'_>,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.replaced_secrets
        WHERE replaced_at <= $1";
    executor.execute("delete replaced secrets", query, &[&before]).await
}
