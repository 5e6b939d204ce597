//! Who is signed in. The cookie's value stands nowhere, only its hash.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use trunkline_core::Role;

use crate::database::Parameters;
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
    /// When it began.
    pub created_at: Timestamp,
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
            created_at: row.get("created_at"),
            last_seen_at: row.get("last_seen_at"),
        })
    }
}

/// A session that is to begin.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Whose it is.
    pub user_id: i32,
    /// SHA-256 of the cookie's value.
    pub token_hash: &'a [u8],
    /// Whether the second factor is still to come.
    pub awaits_second_factor: bool,
    /// From where.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
}

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// Its id.
    pub id: i32,
    /// From where it began.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When a request was last noted, to the minute.
    pub last_seen_at: Timestamp,
}

/// The session of a cookie, unless it has ended or its user is no longer active.
pub async fn find_session(
    executor: Executor<'_>,
    token_hash: &[u8],
    limits: SessionLimits,
    now: Timestamp,
) -> Result<Option<ActiveSession>, StoreError> {
    let query = "
        SELECT sessions.id, user_id, email, name, role, awaits_second_factor, sessions.created_at,
            last_seen_at
        FROM trunkline.sessions
        JOIN trunkline.users ON users.id = user_id AND is_active
        WHERE token_hash = $1
            AND last_seen_at > $2
            AND sessions.created_at > $3";
    let parameters: Parameters<'_> = &[&token_hash, &(now - limits.idle), &(now - limits.absolute)];
    let row = executor.row("look for a session", query, parameters).await?;
    row.as_ref().map(ActiveSession::read).transpose()
}

/// Whether a session is still there.
pub async fn has_session(executor: Executor<'_>, id: i32) -> Result<bool, StoreError> {
    let query = "SELECT FROM trunkline.sessions WHERE id = $1";
    Ok(executor.row("look for a session", query, &[&id]).await?.is_some())
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

/// Begins a session.
pub async fn insert_session(
    executor: Executor<'_>,
    session: &NewSession<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.sessions (user_id, token_hash, awaits_second_factor, address, user_agent,
            created_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)";
    let parameters: Parameters<'_> = &[
        &session.user_id,
        &session.token_hash,
        &session.awaits_second_factor,
        &session.address.to_string(),
        &session.user_agent,
        &now,
    ];
    executor.execute("begin a session", query, parameters).await?;
    Ok(())
}

/// The user's sessions that have not ended, the last used one first.
pub async fn list_sessions(
    executor: Executor<'_>,
    user_id: i32,
    limits: SessionLimits,
    now: Timestamp,
) -> Result<Vec<ListedSession>, StoreError> {
    let query = "
        SELECT id, address, user_agent, created_at, last_seen_at
        FROM trunkline.sessions
        WHERE user_id = $1 AND NOT awaits_second_factor AND last_seen_at > $2 AND created_at > $3
        ORDER BY last_seen_at DESC, id DESC";
    let parameters: Parameters<'_> = &[&user_id, &(now - limits.idle), &(now - limits.absolute)];
    let rows = executor.rows("list sessions", query, parameters).await?;
    let read = |row: &Row| ListedSession {
        id: row.get(0),
        address: row.get(1),
        user_agent: row.get(2),
        created_at: row.get(3),
        last_seen_at: row.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// Ends the session of a cookie, if there is one.
pub async fn delete_session_of(
    executor: Executor<'_>,
    token_hash: &[u8],
) -> Result<(), StoreError> {
    let query = "DELETE FROM trunkline.sessions WHERE token_hash = $1";
    executor.execute("end a session", query, &[&token_hash]).await?;
    Ok(())
}

/// Ends a session of this user; false if there is none.
pub async fn delete_session(
    executor: Executor<'_>,
    user_id: i32,
    id: i32,
) -> Result<bool, StoreError> {
    let query = "DELETE FROM trunkline.sessions WHERE user_id = $1 AND id = $2";
    Ok(executor.execute("end a session", query, &[&user_id, &id]).await? > 0)
}

/// Ends the user's sessions, apart from one; says how many those were.
pub async fn delete_sessions(
    executor: Executor<'_>,
    user_id: i32,
    except: Option<i32>,
) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.sessions
        WHERE user_id = $1 AND id IS DISTINCT FROM $2";
    executor.execute("end a user's sessions", query, &[&user_id, &except]).await
}

/// Forgets the sessions that have ended by themselves.
pub async fn delete_ended_sessions(
    executor: Executor<'_>,
    limits: SessionLimits,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "DELETE FROM trunkline.sessions WHERE last_seen_at <= $1 OR created_at <= $2";
    let parameters: Parameters<'_> = &[&(now - limits.idle), &(now - limits.absolute)];
    executor.execute("forget ended sessions", query, parameters).await?;
    Ok(())
}
