use std::fmt;

use tokio_postgres::Client;
use trunkline_core::secrets::Place;

use crate::StoreError;

/// A column that holds ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretColumn {
    /// The schema: `public` for the contract tables, `trunkline` for ours.
    pub schema: &'static str,
    /// The table, whose primary key is the integer `id`.
    pub table: &'static str,
    /// The column, of type TEXT.
    pub name: &'static str,
}

/// Every column that holds ciphertext; a test compares it with the comments of the tables.
pub const SECRET_COLUMNS: [SecretColumn; 10] = [
    column("public", "partner_configurations", "partner_api_key"),
    column("public", "partner_configurations", "partner_secret"),
    column("public", "partner_configurations", "webhook_verify_token"),
    column("public", "partner_configurations", "access_token"),
    column("public", "dialog_360_channels", "api_key"),
    column("public", "meta_whatsapp_phone_numbers", "access_token"),
    column("trunkline", "twilio_senders", "auth_token"),
    column("trunkline", "users", "totp_secret"),
    column("trunkline", "replaced_secrets", "secret"),
    column("trunkline", "alert_destinations", "secret"),
];

const fn column(schema: &'static str, table: &'static str, name: &'static str) -> SecretColumn {
    SecretColumn { schema, table, name }
}

impl SecretColumn {
    /// The place of the value in a row, given the row's id as text.
    pub fn place<'a>(&self, row: &'a str) -> Place<'a> {
        Place { schema: self.schema, table: self.table, column: self.name, row }
    }
}

/// Such a column where it stands in a database: in its schema, or in the archive of a revert.
///
/// Archived rows are counted and re-encrypted too: they must open when they are brought back. Their
/// place stays the one outside of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumn {
    pub(super) schema: String,
    /// Which column of the contract it is.
    pub column: SecretColumn,
}

impl StoredColumn {
    /// The table as SQL.
    pub(super) fn relation(&self) -> String {
        format!("\"{}\".{}", self.schema.replace('"', "\"\""), self.column.table)
    }
}

/// `schema.table.column`.
impl fmt::Display for StoredColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.schema, self.column.table, self.column.name)
    }
}

/// Where ciphertext stands in this database, `public` first and archives last; at least one column, or an error.
pub async fn list_secret_columns(client: &Client) -> Result<Vec<StoredColumn>, StoreError> {
    let query = r"
        SELECT nspname::TEXT, relname::TEXT, attname::TEXT
        FROM pg_namespace
        JOIN pg_class ON relnamespace = pg_namespace.oid AND relkind IN ('r', 'p')
        JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        WHERE nspname IN ('public', 'trunkline')
            OR nspname LIKE 'trunkline\_archive\_%\_public'
            OR nspname LIKE 'trunkline\_archive\_%\_trunkline'
        ORDER BY nspname NOT IN ('public', 'trunkline'), nspname";
    let rows = client.query_typed(query, &[]).await;
    let rows = rows.map_err(StoreError::query("look for the tables that hold secrets"))?;
    let mut found: Vec<(usize, StoredColumn)> = Vec::new();
    let mut schemas: Vec<String> = Vec::new();
    for row in rows {
        let (schema, table, name): (String, &str, &str) = (row.get(0), row.get(1), row.get(2));
        let known = SECRET_COLUMNS.iter().find(|known| {
            let is_there =
                schema == known.schema || schema.ends_with(&format!("_{}", known.schema));
            known.table == table && known.name == name && is_there
        });
        if let Some(column) = known {
            if schemas.last() != Some(&schema) {
                schemas.push(schema.clone());
            }
            found.push((schemas.len(), StoredColumn { schema, column: *column }));
        }
    }
    if found.is_empty() {
        return Err(StoreError::NotMigrated);
    }
    found.sort_by_key(|(schema, stored)| {
        (*schema, SECRET_COLUMNS.iter().position(|known| *known == stored.column))
    });
    Ok(found.into_iter().map(|(_, stored)| stored).collect())
}
