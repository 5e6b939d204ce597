//! Who is signed in. The cookie's value stands nowhere, only its hash.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use trunkline_core::Role;

use crate::row::word;
use crate::{Executor, StoreError};

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: SignedDuration,
    /// In any case.
    pub absolute: SignedDuration,
}

/// A session that has not ended, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveSession {
    /// The session's id.
    pub id: i32,
    /// The user's id.
    pub user_id: i32,
    /// The user's email address.
    pub email: String,
    /// The user's name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whether the second factor is still to come: not signed in yet.
    pub awaits_second_factor: bool,
    /// When a request was last noted, to the minute.
    pub last_seen_at: Timestamp,
}

impl ActiveSession {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            user_id: row.get("user_id"),
            email: row.get("email"),
            name: row.get("name"),
            role: word(row, "role")?,
            awaits_second_factor: row.get("awaits_second_factor"),
            last_seen_at: row.get("last_seen_at"),
        })
    }
}

/// The session of a cookie, unless it has ended or its user is no longer active.
pub async fn find_session(
    executor: Executor<'_>,
    token_hash: &[u8],
    limits: SessionLimits,
    now: Timestamp,
) -> Result<Option<ActiveSession>, StoreError> {
    let query = "
        SELECT sessions.id, user_id, email, name, role, awaits_second_factor, last_seen_at
        FROM trunkline.sessions
        JOIN trunkline.users ON users.id = user_id AND is_active
        WHERE token_hash = $1
            AND last_seen_at > $2
            AND sessions.created_at > $3";
    let parameters: crate::database::Parameters<'_> =
        &[&token_hash, &(now - limits.idle), &(now - limits.absolute)];
    let row = executor.row("look for a session", query, parameters).await?;
    row.as_ref().map(ActiveSession::read).transpose()
}

/// Writes down that a session was used.
pub async fn touch_session(
    executor: Executor<'_>,
    id: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.sessions
        SET last_seen_at = $2
        WHERE id = $1";
    executor.execute("note the use of a session", query, &[&id, &now]).await?;
    Ok(())
}
