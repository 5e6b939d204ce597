use jiff::Timestamp;

use trunkline_core::syncs::SyncSubject;

use crate::database::Parameters;
use crate::row::word;
use crate::{Executor, StoreError};

/// Something that is to be asked of a provider, because a webhook only hinted at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is about.
    pub subject: SyncSubject,
    /// The provider's id, or the number; empty for an account.
    pub key: String,
    /// Our name of the event that hinted.
    pub reason: String,
    /// When it did so last.
    pub requested_at: Timestamp,
}

/// The oldest hints of an account.
pub async fn list_hints(
    executor: Executor<'_>,
    account_id: i32,
    limit: i64,
) -> Result<Vec<Hint>, StoreError> {
    let query = "
        SELECT subject, subject_key, reason, requested_at
        FROM trunkline.resync_requests
        WHERE account_id = $1
        ORDER BY requested_at, subject, subject_key
        LIMIT $2";
    let rows = executor.rows("list hints", query, &[&account_id, &limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Hint {
            subject: word(row, "subject")?,
            key: row.get("subject_key"),
            reason: row.get("reason"),
            requested_at: row.get("requested_at"),
        })
    };
    rows.iter().map(read).collect()
}

/// Leaves a hint to another account, to which what it is about belongs.
pub async fn move_hint(
    executor: Executor<'_>,
    account_id: i32,
    to: i32,
    hint: &Hint,
) -> Result<(), StoreError> {
    let query = "
        WITH gone AS (
            DELETE FROM trunkline.resync_requests
            WHERE account_id = $1 AND subject = $3 AND subject_key = $4
            RETURNING subject, subject_key, reason, requested_at
        )
        INSERT INTO trunkline.resync_requests AS known (account_id, subject, subject_key, reason, requested_at)
        SELECT $2, subject, subject_key, reason, requested_at
        FROM gone
        ON CONFLICT (account_id, subject, subject_key) DO UPDATE
        SET requested_at = greatest(known.requested_at, excluded.requested_at)";
    let parameters: Parameters<'_> = &[&account_id, &to, &hint.subject.as_str(), &hint.key];
    executor.execute("leave a hint to another account", query, parameters).await?;
    Ok(())
}

/// Writes down that a channel is to be read at its provider, because of something that was done to it there.
pub async fn insert_channel_hint(
    executor: Executor<'_>,
    account_id: i32,
    key: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.resync_requests AS known (account_id, subject, subject_key, reason, requested_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, subject, subject_key) DO UPDATE
        SET reason = excluded.reason,
            requested_at = greatest(known.requested_at, excluded.requested_at)";
    let subject = SyncSubject::Channel.as_str();
    let parameters: Parameters<'_> = &[&account_id, &subject, &key, &reason, &now];
    executor.execute("ask for a channel to be read", query, parameters).await?;
    Ok(())
}

/// Takes away what hinted at a channel until it was read.
pub async fn delete_channel_hint(
    executor: Executor<'_>,
    account_id: i32,
    key: &str,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        DELETE FROM trunkline.resync_requests
        WHERE account_id = $1 AND subject = $2 AND subject_key = $3 AND requested_at <= $4";
    let subject = SyncSubject::Channel.as_str();
    let parameters: Parameters<'_> = &[&account_id, &subject, &key, &read_at];
    executor.execute("take a hint at a channel away", query, parameters).await?;
    Ok(())
}

/// Takes away hints that were followed; one that came again meanwhile stays.
pub async fn delete_hints(
    executor: Executor<'_>,
    account_id: i32,
    hints: &[Hint],
) -> Result<u64, StoreError> {
    let subjects: Vec<&str> = hints.iter().map(|hint| hint.subject.as_str()).collect();
    let keys: Vec<&str> = hints.iter().map(|hint| hint.key.as_str()).collect();
    let times: Vec<Timestamp> = hints.iter().map(|hint| hint.requested_at).collect();
    let query = "
        DELETE FROM trunkline.resync_requests AS request
        USING unnest($2::TEXT[], $3::TEXT[], $4::TIMESTAMPTZ[]) AS done (subject, key, requested_at)
        WHERE request.account_id = $1
            AND request.subject = done.subject
            AND request.subject_key = done.key
            AND request.requested_at = done.requested_at";
    let parameters: Parameters<'_> = &[&account_id, &subjects, &keys, &times];
    executor.execute("take hints away", query, parameters).await
}
