//! API keys: what the REST API lets in. A key itself stands nowhere, only its hash.

mod edit;
mod list;

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;
use trunkline_core::{Permission, Role};

use crate::row::word;
use crate::{Executor, StoreError};

pub use edit::{
    NewApiKey, insert_api_key, rename_api_key, revoke_api_key, set_api_key_permissions,
};
pub use list::{ApiKeyField, ApiKeyFilter, ApiKeyPlace, ApiKeyState, list_api_keys};

/// The columns that `ApiKey::read` reads.
const COLUMNS: &str = "id, name, hint, company_id, role, expires_at, revoked_at, last_used_at,
    last_used_address, created_at, ARRAY(
        SELECT permission
        FROM trunkline.api_key_permissions
        WHERE api_key_id = id
        ORDER BY permission
    ) AS permissions";

/// Which of these keys see that one company alone.
pub async fn find_keys_of_company(
    executor: Executor<'_>,
    company_id: i32,
    ids: &[i32],
) -> Result<Vec<i32>, StoreError> {
    let query = "
        SELECT id
        FROM trunkline.api_keys
        WHERE company_id = $1 AND id = ANY ($2)";
    let rows = executor.rows("look for keys of a company", query, &[&company_id, &ids]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// A key of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// Its id.
    pub id: i32,
    /// What the administrators call it.
    pub name: String,
    /// Its first characters.
    pub hint: String,
    /// The one company that it sees; `None`: the whole platform.
    pub company_id: Option<i32>,
    /// What it may do.
    pub role: Role,
    /// What it may do beyond that.
    pub permissions: Vec<Permission>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_address: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ApiKey {
    /// Whether it lets anything in.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            name: row.get("name"),
            hint: row.get("hint"),
            company_id: row.get("company_id"),
            role: word(row, "role")?,
            permissions: permissions(row),
            expires_at: row.get("expires_at"),
            revoked_at: row.get("revoked_at"),
            last_used_at: row.get("last_used_at"),
            last_used_address: row.get("last_used_address"),
            created_at: row.get("created_at"),
        })
    }
}

/// Those that this release knows; a word of a newer one allows nothing here.
fn permissions(row: &Row) -> Vec<Permission> {
    let words: Vec<String> = row.get("permissions");
    words.iter().filter_map(|word| word.parse().ok()).collect()
}

/// The key with this hash, usable or not.
pub async fn find_api_key(
    executor: Executor<'_>,
    hash: &[u8],
) -> Result<Option<ApiKey>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM trunkline.api_keys WHERE key_hash = $1");
    let row = executor.row("look for an API key", &query, &[&hash]).await?;
    row.as_ref().map(ApiKey::read).transpose()
}

/// The key with this id, if it is of that company; of any company for `None`.
pub async fn find_api_key_by_id(
    executor: Executor<'_>,
    id: i32,
    company: Option<i32>,
) -> Result<Option<ApiKey>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS}
        FROM trunkline.api_keys
        WHERE id = $1 AND ($2::INTEGER IS NULL OR company_id = $2)"
    );
    let row = executor.row("look for an API key", &query, &[&id, &company]).await?;
    row.as_ref().map(ApiKey::read).transpose()
}

/// The same, locked until the transaction ends.
pub async fn find_api_key_for_update(
    executor: Executor<'_>,
    id: i32,
    company: Option<i32>,
) -> Result<Option<ApiKey>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS}
        FROM trunkline.api_keys
        WHERE id = $1 AND ($2::INTEGER IS NULL OR company_id = $2)
        FOR UPDATE"
    );
    let row = executor.row("lock an API key", &query, &[&id, &company]).await?;
    row.as_ref().map(ApiKey::read).transpose()
}

/// Writes down that a key was used.
pub async fn touch_api_key(
    executor: Executor<'_>,
    id: i32,
    address: IpAddr,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.api_keys
        SET last_used_at = $2, last_used_address = $3
        WHERE id = $1";
    let parameters: crate::database::Parameters<'_> = &[&id, &now, &address.to_string()];
    executor.execute("note the use of an API key", query, parameters).await?;
    Ok(())
}
