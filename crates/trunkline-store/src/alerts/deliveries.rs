use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::Alert;
use crate::database::Parameters;
use crate::row::{word, words};
use crate::{Executor, StoreError, Window};

words! {
    /// What became of an alert.
    AlertChange {
        /// It was opened.
        Opened = "opened",
        /// It matters more than it did.
        Worsened = "worsened",
        /// Somebody knows.
        Acknowledged = "acknowledged",
        /// It is over.
        Resolved = "resolved",
    }
}

words! {
    /// Where a delivery is in its life.
    DeliveryState {
        /// It is tried, or tried again.
        Waiting = "waiting",
        /// It was taken.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
    }
}

/// What is said to one destination of one change of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: i64,
    /// Who is told.
    pub destination_id: i32,
    /// The one e-mail address that it goes to; `None`: a webhook.
    pub address: Option<String>,
    /// Of which alert.
    pub alert_id: i32,
    /// What became of it.
    pub change: AlertChange,
    /// The alert as it was after the change.
    pub alert: Alert,
    /// Where it is in its life.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When the alert changed.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When it was last tried.
    pub attempted_at: Option<Timestamp>,
    /// When it was taken or given up.
    pub ended_at: Option<Timestamp>,
    /// What the last attempt was answered: the status of HTTP or SMTP.
    pub status: Option<i32>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// Which deliveries are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// To this destination.
    pub destination_id: Option<i32>,
    /// Of this alert.
    pub alert_id: Option<i32>,
    /// In this part of its life.
    pub state: Option<DeliveryState>,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery.
    pub id: i64,
    /// Which attempt it was: of one that was taken for dead nothing is noted.
    pub number: i32,
    /// What was answered.
    pub status: Option<i32>,
    /// Why it failed; `None`: it was taken.
    pub error: Option<String>,
    /// When it is tried again; `None`: it is not.
    pub next: Option<Timestamp>,
}

impl Delivery {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let alert: Value = row.get("alert");
        Ok(Self {
            id: row.get("id"),
            destination_id: row.get("destination_id"),
            address: row.get("address"),
            alert_id: row.get("alert_id"),
            change: word(row, "change")?,
            alert: serde_json::from_value(alert).map_err(|error| StoreError::Query {
                doing: "read a delivery",
                reason: format!("its alert is one of another release: {error}"),
                code: None,
            })?,
            state: word(row, "state")?,
            attempts: row.get("attempts"),
            created_at: row.get("created_at"),
            due_at: row.get("due_at"),
            attempted_at: row.get("attempted_at"),
            ended_at: row.get("ended_at"),
            status: row.get("status"),
            error: row.get("error"),
        })
    }
}

/// Deliveries, the newest first; the window's place is the id.
pub async fn list_deliveries(
    executor: Executor<'_>,
    filter: &DeliveryFilter,
    window: &Window<i64>,
) -> Result<Vec<Delivery>, StoreError> {
    let query = "
        SELECT id, destination_id, address, alert_id, change, alert, state, attempts, created_at, due_at, attempted_at,
            ended_at, status, error
        FROM trunkline.alert_deliveries
        WHERE ($1::INTEGER IS NULL OR destination_id = $1)
            AND ($2::INTEGER IS NULL OR alert_id = $2)
            AND ($3::TEXT IS NULL OR state = $3)
            AND ($4::BIGINT IS NULL OR id < $4)
        ORDER BY id DESC
        LIMIT $5";
    let state = filter.state.map(DeliveryState::as_str);
    let parameters: Parameters<'_> =
        &[&filter.destination_id, &filter.alert_id, &state, &window.after, &window.rows()];
    let rows = executor.rows("list deliveries of alerts", query, parameters).await?;
    rows.iter().map(Delivery::read).collect()
}

/// How many were given up, and not tried again since.
pub async fn count_failed_deliveries(executor: Executor<'_>) -> Result<i64, StoreError> {
    let query = "
        SELECT count(*)
        FROM trunkline.alert_deliveries
        WHERE state = 'failed'";
    let row = executor.row("count deliveries that were given up", query, &[]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// The delivery with this id.
pub async fn find_delivery(
    executor: Executor<'_>,
    id: i64,
) -> Result<Option<Delivery>, StoreError> {
    let query = "
        SELECT id, destination_id, address, alert_id, change, alert, state, attempts, created_at, due_at, attempted_at,
            ended_at, status, error
        FROM trunkline.alert_deliveries
        WHERE id = $1";
    let row = executor.row("look for a delivery of an alert", query, &[&id]).await?;
    row.as_ref().map(Delivery::read).transpose()
}

/// The active destinations for which something is due.
pub async fn list_due_destinations(
    executor: Executor<'_>,
    now: Timestamp,
) -> Result<Vec<i32>, StoreError> {
    let query = "
        SELECT DISTINCT delivery.destination_id
        FROM trunkline.alert_deliveries AS delivery
        JOIN trunkline.alert_destinations AS destination ON destination.id = delivery.destination_id
        WHERE delivery.state = 'waiting' AND delivery.due_at <= $1 AND destination.is_active";
    let rows = executor.rows("look who is to be told of alerts", query, &[&now]).await?;
    Ok(rows.iter().map(|row| row.get("destination_id")).collect())
}

/// Takes the oldest delivery to a destination that is due, and counts the attempt. Until `until` nobody else takes it,
/// nor what came of the same alert later.
pub async fn claim_delivery(
    executor: Executor<'_>,
    destination_id: i32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Delivery>, StoreError> {
    let query = "
        UPDATE trunkline.alert_deliveries AS claimed
        SET attempts = claimed.attempts + 1, attempted_at = $2, due_at = $3
        FROM (
            SELECT delivery.id
            FROM trunkline.alert_deliveries AS delivery
            WHERE delivery.destination_id = $1 AND delivery.state = 'waiting' AND delivery.due_at <= $2
                AND NOT EXISTS (
                    SELECT
                    FROM trunkline.alert_deliveries AS earlier
                    WHERE earlier.alert_id = delivery.alert_id
                        AND earlier.destination_id = delivery.destination_id
                        AND earlier.address IS NOT DISTINCT FROM delivery.address
                        AND earlier.id < delivery.id
                        AND earlier.state = 'waiting'
                )
            ORDER BY delivery.id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE claimed.id = due.id
        RETURNING claimed.id, claimed.destination_id, claimed.address, claimed.alert_id, claimed.change, claimed.alert,
            claimed.state, claimed.attempts, claimed.created_at, claimed.due_at, claimed.attempted_at, claimed.ended_at,
            claimed.status, claimed.error";
    let parameters: Parameters<'_> = &[&destination_id, &now, &until];
    let row = executor.row("take a delivery of an alert", query, parameters).await?;
    row.as_ref().map(Delivery::read).transpose()
}

/// Notes what an attempt came to; whether it was still the last one.
pub async fn note_attempt(
    executor: Executor<'_>,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.alert_deliveries
        SET state = CASE WHEN $4::TEXT IS NULL THEN 'delivered' WHEN $5::TIMESTAMPTZ IS NULL THEN 'failed' ELSE 'waiting' END,
            status = $3,
            error = $4,
            due_at = coalesce($5, due_at),
            ended_at = CASE WHEN $4 IS NULL OR $5 IS NULL THEN $6::TIMESTAMPTZ END
        WHERE id = $1 AND attempts = $2 AND state = 'waiting'";
    let parameters: Parameters<'_> =
        &[&attempt.id, &attempt.number, &attempt.status, &attempt.error, &attempt.next, &now];
    let noted = executor.execute("note the delivery of an alert", query, parameters).await?;
    Ok(noted > 0)
}

/// Has one that was given up tried once more, at once; whether it is.
pub async fn retry_delivery(
    executor: Executor<'_>,
    id: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.alert_deliveries
        SET state = 'waiting', due_at = $2, ended_at = NULL
        WHERE id = $1 AND state = 'failed'";
    let retried = executor.execute("try a delivery of an alert again", query, &[&id, &now]).await?;
    Ok(retried > 0)
}

/// The last attempt at each of these destinations, if there was one: its id, and why it failed.
pub async fn list_last_attempts(
    executor: Executor<'_>,
    destination_ids: &[i32],
) -> Result<Vec<(i32, Option<String>, Timestamp)>, StoreError> {
    let query = "
        SELECT destination_id, last.error, last.attempted_at
        FROM unnest($1::INTEGER[]) AS destination_id
        CROSS JOIN LATERAL (
            SELECT delivery.error, delivery.attempted_at
            FROM trunkline.alert_deliveries AS delivery
            WHERE delivery.destination_id = destination_id.destination_id AND delivery.attempted_at IS NOT NULL
            ORDER BY delivery.id DESC
            LIMIT 1
        ) AS last";
    let rows = executor.rows("look how alerts were delivered", query, &[&destination_ids]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Deletes what was taken or given up before a time.
pub async fn delete_old_deliveries(
    executor: Executor<'_>,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.alert_deliveries
        WHERE ended_at < $1";
    executor.execute("delete old deliveries of alerts", query, &[&before]).await
}
