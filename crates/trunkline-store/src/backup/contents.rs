use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::Table;
use crate::StoreError;

/// How many rows a table has, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Which.
    #[serde(flatten)]
    pub table: Table,
    /// Its rows.
    pub rows: i64,
    /// The sum of the first 64 bits of each row's SHA-256, the row written as text; whatever order they are in.
    pub checksum: String,
}

/// How values are written as text, so that one row gives one checksum on every server.
pub(super) const SETTINGS: &str = "
    SET LOCAL search_path = '';
    SET LOCAL datestyle = 'ISO, YMD';
    SET LOCAL intervalstyle = 'postgres';
    SET LOCAL timezone = 'UTC';
    SET LOCAL extra_float_digits = 1;
    SET LOCAL bytea_output = 'hex';
    SET LOCAL lc_monetary = 'C';
    SET LOCAL row_security = off;
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;";

/// Lifts, from PostgreSQL 17 on, what would end a long transaction, for the session.
///
/// It is run before the transaction begins: within, it would fix the moment of a snapshot.
pub const NO_TRANSACTION_TIMEOUT: &str = "
    DO $$
    BEGIN
        IF current_setting('transaction_timeout', TRUE) IS NOT NULL THEN
            PERFORM set_config('transaction_timeout', '0', FALSE);
        END IF;
    END
    $$;";

fn query(table: &Table) -> String {
    format!(
        "SELECT count(*), coalesce(sum(
                ('x' || left(encode(sha256(convert_to((stored.*)::TEXT, 'UTF8')), 'hex'), 16))::BIT(64)::BIGINT::NUMERIC
            ), 0)::TEXT
        FROM ONLY {} AS stored",
        table.quoted()
    )
}

/// Reads a table once, in a transaction with [`SETTINGS`].
pub(super) async fn read(client: &Client, table: &Table) -> Result<Contents, StoreError> {
    let row = client.query_typed_one(&query(table), &[]).await;
    let row = row.map_err(StoreError::query("count the rows of a table"))?;
    Ok(Contents { table: table.clone(), rows: row.get(0), checksum: row.get(1) })
}

/// A psql script that prints `mark|index|rows|checksum` for each of these tables, within a transaction.
pub fn comparison(expected: &[Contents], mark: &str) -> String {
    let mut script = format!("{SETTINGS}\n");
    for (index, contents) in expected.iter().enumerate() {
        let query = query(&contents.table);
        let columns = format!("SELECT '{mark}', {index}, ");
        script.push_str(&query.replacen("SELECT ", &columns, 1));
        script.push_str(";\n");
    }
    script
}
