use jiff::Timestamp;
use serde_json::json;
use trunkline_core::syncs::SyncKind;

use super::{SyncError, SyncRun, select};
use crate::database::{Connection, Parameters};
use crate::{Executor, StoreError};

/// How long a worker has a run before it must say that it still works on it, by the clock of the database.
const LEASE_SECONDS: f64 = 60.0;

/// Puts a sync into the queue; one that waits or runs already is found instead. Says whether it is new.
pub async fn insert_sync(
    executor: Executor<'_>,
    account_id: i32,
    kind: SyncKind,
    is_dry: bool,
    asked_by: &str,
    now: Timestamp,
) -> Result<(i64, bool), StoreError> {
    let insert = "
        INSERT INTO trunkline.sync_runs (account_id, kind, is_dry, asked_by, requested_at, due_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (account_id, kind, is_dry) WHERE state IN ('queued', 'running') DO NOTHING
        RETURNING id";
    let open = "
        SELECT id
        FROM trunkline.sync_runs
        WHERE account_id = $1 AND kind = $2 AND is_dry = $3 AND state IN ('queued', 'running')";
    let kind = kind.as_str();
    let parameters: Parameters<'_> = &[&account_id, &kind, &is_dry, &asked_by, &now];
    // The one that is open may end in between; then there is room for a new one.
    for _ in 0..3 {
        if let Some(row) = executor.row("put a sync into the queue", insert, parameters).await? {
            return Ok((row.get("id"), true));
        }
        let found = executor.row("look for a sync", open, &[&account_id, &kind, &is_dry]).await?;
        if let Some(row) = found {
            return Ok((row.get("id"), false));
        }
    }
    Err(StoreError::Query {
        doing: "put a sync into the queue",
        reason: "others begin and end all the time".to_owned(),
        code: None,
    })
}

/// Which run is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The next one that is due, unless its provider does not answer.
    Next,
    /// This one, whenever it is due: somebody waits for it.
    This(i64),
}

/// Takes a run that nobody works on: one that waits, or one whose worker is gone.
///
/// While a provider does not answer, one run tries when it is time; it pushes the time of the next one ahead, so that
/// others do not try as well.
pub async fn claim_sync(
    connection: &mut Connection,
    worker: &str,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<SyncRun>, StoreError> {
    let wanted = match claim {
        Claim::Next => None,
        Claim::This(id) => Some(id),
    };
    let take = "
        UPDATE trunkline.sync_runs AS run
        SET state = 'running',
            worker = $1,
            lease_until = clock_timestamp() + make_interval(secs => $4),
            started_at = coalesce(run.started_at, $2),
            attempts = run.attempts + 1
        WHERE run.id = (
            SELECT waiting.id
            FROM trunkline.sync_runs AS waiting
            JOIN public.partner_configurations AS account ON account.id = waiting.account_id
            LEFT JOIN trunkline.provider_outages AS outage
                ON outage.provider = account.provider AND outage.ended_at IS NULL
            WHERE waiting.state IN ('queued', 'running')
                AND (waiting.state = 'queued' OR waiting.lease_until < clock_timestamp())
                AND CASE
                    WHEN $3::BIGINT IS NOT NULL THEN waiting.id = $3
                    ELSE waiting.due_at <= $2 AND (outage.id IS NULL OR outage.next_attempt_at <= $2)
                END
            ORDER BY waiting.due_at, waiting.id
            LIMIT 1
            FOR UPDATE OF waiting SKIP LOCKED
        )
        RETURNING run.id";
    let probe = "
        UPDATE trunkline.provider_outages AS outage
        SET next_attempt_at = $2::TIMESTAMPTZ + INTERVAL '2 minutes'
        FROM trunkline.sync_runs AS run
        JOIN public.partner_configurations AS account ON account.id = run.account_id
        WHERE run.id = $1
            AND outage.provider = account.provider
            AND outage.ended_at IS NULL
            AND outage.next_attempt_at <= $2";
    let paused = "
        SELECT
        FROM trunkline.sync_runs AS run
        JOIN public.partner_configurations AS account ON account.id = run.account_id
        JOIN trunkline.provider_outages AS outage
            ON outage.provider = account.provider AND outage.ended_at IS NULL
        WHERE run.id = $1";
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let parameters: Parameters<'_> = &[&worker, &now, &wanted, &LEASE_SECONDS];
    let Some(row) = executor.row("take a sync", take, parameters).await? else { return Ok(None) };
    let id: i64 = row.get("id");
    if claim == Claim::Next {
        let is_probe = executor.execute("try a provider", probe, &[&id, &now]).await? > 0;
        if !is_probe && executor.row("look for an outage", paused, &[&id]).await?.is_some() {
            // Somebody else tries, since a moment ago.
            return Ok(None);
        }
    }
    let query = select!(
        "
        WHERE run.id = $1"
    );
    let row = executor.row("look for a sync", query, &[&id]).await?;
    let run = row.as_ref().map(SyncRun::read).transpose()?;
    transaction.commit().await?;
    Ok(run)
}

/// Says that a worker still works on a run; `false`: it is not its own any more.
pub async fn keep_lease(executor: Executor<'_>, id: i64, worker: &str) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.sync_runs
        SET lease_until = clock_timestamp() + make_interval(secs => $3)
        WHERE id = $1 AND worker = $2 AND state = 'running'";
    let parameters: Parameters<'_> = &[&id, &worker, &LEASE_SECONDS];
    Ok(executor.execute("keep a sync", query, parameters).await? > 0)
}

/// Holds a run until the transaction ends; `false`: it is another worker's, and nothing may be written for it.
pub async fn hold_sync(executor: Executor<'_>, id: i64, worker: &str) -> Result<bool, StoreError> {
    let query = "
        SELECT
        FROM trunkline.sync_runs
        WHERE id = $1 AND worker = $2 AND state = 'running'
        FOR UPDATE";
    Ok(executor.row("hold a sync", query, &[&id, &worker]).await?.is_some())
}

/// How far a run has come with one more client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The client, by the provider's id; `None`: what was done is no client's.
    pub after_key: Option<String>,
    /// So many clients more were compared.
    pub clients: i32,
    /// So many channels more.
    pub channels: i32,
    /// So many findings more.
    pub findings: i32,
    /// So many changes more.
    pub changes: i32,
}

impl Progress {
    /// Writes it down, in the transaction that does it.
    pub async fn write(&self, executor: Executor<'_>, id: i64) -> Result<(), StoreError> {
        let query = "
            UPDATE trunkline.sync_runs
            SET after_key = coalesce($2, after_key),
                clients = clients + $3,
                channels = channels + $4,
                findings = findings + $5,
                changes = changes + $6
            WHERE id = $1";
        let Self { after_key, clients, channels, findings, changes } = self;
        let parameters: Parameters<'_> = &[&id, after_key, clients, channels, findings, changes];
        executor.execute("write down how far a sync is", query, parameters).await?;
        Ok(())
    }
}

/// Ends a run, for good; `false`: it was another worker's.
pub async fn end_sync(
    executor: Executor<'_>,
    id: i64,
    worker: &str,
    error: Option<&SyncError>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.sync_runs
        SET state = CASE WHEN $3::JSONB IS NULL THEN 'done' ELSE 'failed' END,
            error = $3,
            ended_at = $4,
            worker = NULL,
            lease_until = NULL
        WHERE id = $1 AND worker = $2 AND state = 'running'";
    let error = error.map(|error| json!(error));
    let parameters: Parameters<'_> = &[&id, &worker, &error, &now];
    Ok(executor.execute("end a sync", query, parameters).await? > 0)
}

/// Forgets a run that ended well and found nothing: there are many that follow hints.
pub async fn delete_idle_sync(executor: Executor<'_>, id: i64) -> Result<bool, StoreError> {
    let query = "
        DELETE FROM trunkline.sync_runs
        WHERE id = $1 AND state = 'done' AND findings = 0";
    Ok(executor.execute("forget an idle sync", query, &[&id]).await? > 0)
}

/// Puts a run off, for a reason that passes; it goes on where it was.
pub async fn put_off_sync(
    executor: Executor<'_>,
    id: i64,
    worker: &str,
    error: &SyncError,
    due_at: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.sync_runs
        SET state = 'queued',
            error = $3,
            due_at = $4,
            worker = NULL,
            lease_until = NULL
        WHERE id = $1 AND worker = $2 AND state = 'running'";
    let parameters: Parameters<'_> = &[&id, &worker, &json!(error), &due_at];
    Ok(executor.execute("put a sync off", query, parameters).await? > 0)
}

/// Gives a run back, because the process ends; another goes on with it at once.
pub async fn release_sync(executor: Executor<'_>, id: i64, worker: &str) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.sync_runs
        SET state = 'queued',
            worker = NULL,
            lease_until = NULL
        WHERE id = $1 AND worker = $2 AND state = 'running'";
    executor.execute("give a sync back", query, &[&id, &worker]).await?;
    Ok(())
}
