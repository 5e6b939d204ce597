use jiff::Timestamp;
use trunkline_core::{Permission, Role};

use super::{ApiKey, COLUMNS};
use crate::{Executor, StoreError};

/// A key that is to be.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// What the administrators call it.
    pub name: &'a str,
    /// Its first characters.
    pub hint: &'a str,
    /// SHA-256 of the key.
    pub key_hash: &'a [u8],
    /// The one company that it sees; `None`: the whole platform.
    pub company_id: Option<i32>,
    /// What it may do; never `owner`.
    pub role: Role,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The user who made it; `None`: another key.
    pub created_by: Option<i32>,
}

/// Adds a key; a company that is not there is refused by `api_keys_company_id_fkey`.
pub async fn insert_api_key(
    executor: Executor<'_>,
    key: &NewApiKey<'_>,
    now: Timestamp,
) -> Result<ApiKey, StoreError> {
    let query = format!(
        "INSERT INTO trunkline.api_keys (name, hint, key_hash, company_id, role, expires_at,
            created_by, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        RETURNING {COLUMNS}"
    );
    let role = key.role.as_str();
    let parameters: crate::database::Parameters<'_> = &[
        &key.name,
        &key.hint,
        &key.key_hash,
        &key.company_id,
        &role,
        &key.expires_at,
        &key.created_by,
        &now,
    ];
    written(executor.row("add an API key", &query, parameters).await?)
}

/// Gives a key another name.
pub async fn rename_api_key(
    executor: Executor<'_>,
    id: i32,
    name: &str,
    now: Timestamp,
) -> Result<ApiKey, StoreError> {
    let query = format!(
        "UPDATE trunkline.api_keys
        SET name = $2, updated_at = $3
        WHERE id = $1
        RETURNING {COLUMNS}"
    );
    written(executor.row("rename an API key", &query, &[&id, &name, &now]).await?)
}

/// Gives a key these permissions and no others.
pub async fn set_api_key_permissions(
    executor: Executor<'_>,
    id: i32,
    permissions: &[Permission],
    now: Timestamp,
) -> Result<ApiKey, StoreError> {
    let words: Vec<String> = permissions.iter().map(ToString::to_string).collect();
    let query = "
        DELETE FROM trunkline.api_key_permissions
        WHERE api_key_id = $1 AND permission <> ALL ($2::TEXT[])";
    executor.execute("take permissions of an API key away", query, &[&id, &words]).await?;
    let query = "
        INSERT INTO trunkline.api_key_permissions (api_key_id, permission)
        SELECT $1, permission
        FROM unnest($2::TEXT[]) AS permission
        ON CONFLICT DO NOTHING";
    executor.execute("give permissions to an API key", query, &[&id, &words]).await?;
    let query = format!(
        "UPDATE trunkline.api_keys
        SET updated_at = $2
        WHERE id = $1
        RETURNING {COLUMNS}"
    );
    written(executor.row("note that an API key changed", &query, &[&id, &now]).await?)
}

/// Ends a key for good; it stays in the list.
pub async fn revoke_api_key(
    executor: Executor<'_>,
    id: i32,
    now: Timestamp,
) -> Result<ApiKey, StoreError> {
    let query = format!(
        "UPDATE trunkline.api_keys
        SET revoked_at = coalesce(revoked_at, $2), updated_at = $2
        WHERE id = $1
        RETURNING {COLUMNS}"
    );
    written(executor.row("revoke an API key", &query, &[&id, &now]).await?)
}

fn written(row: Option<tokio_postgres::Row>) -> Result<ApiKey, StoreError> {
    match row {
        Some(row) => ApiKey::read(&row),
        None => Err(StoreError::Query {
            doing: "write an API key",
            reason: "it is gone; it was locked or made in this transaction".to_owned(),
            code: None,
        }),
    }
}
