use jiff::{SignedDuration, Timestamp};

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Puts a full sync into the queue for every active account that had none for so long; says how many.
///
/// Every replica may ask at once: an account has one open sync of a kind at most.
pub async fn queue_due_syncs(
    executor: Executor<'_>,
    interval: SignedDuration,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        INSERT INTO trunkline.sync_runs (account_id, kind, is_dry, asked_by, requested_at, due_at)
        SELECT account.id, 'full', false, 'schedule', $2, $2
        FROM public.partner_configurations AS account
        WHERE account.is_active
            AND NOT EXISTS (
                SELECT
                FROM trunkline.sync_runs AS run
                WHERE run.account_id = account.id
                    AND run.kind = 'full'
                    AND NOT run.is_dry
                    AND (run.state IN ('queued', 'running') OR run.ended_at > $1)
            )
        ORDER BY account.id
        ON CONFLICT (account_id, kind, is_dry) WHERE state IN ('queued', 'running') DO NOTHING";
    let parameters: Parameters<'_> = &[&(now - interval), &now];
    executor.execute("put syncs into the queue", query, parameters).await
}

/// How long hints wait after a sync that could not follow them: what refuses us once does so again.
const REST: SignedDuration = SignedDuration::from_mins(30);

/// The same for active accounts of which a webhook hinted at something.
pub async fn queue_hinted_syncs(executor: Executor<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let query = "
        INSERT INTO trunkline.sync_runs (account_id, kind, is_dry, asked_by, requested_at, due_at)
        SELECT account.id, 'hints', false, 'webhooks', $1, $1
        FROM public.partner_configurations AS account
        WHERE account.is_active
            AND EXISTS (
                SELECT
                FROM trunkline.resync_requests AS request
                WHERE request.account_id = account.id
            )
            AND NOT EXISTS (
                SELECT
                FROM trunkline.sync_runs AS run
                WHERE run.account_id = account.id
                    AND run.kind = 'hints'
                    AND run.state = 'failed'
                    AND run.ended_at > $2
            )
        ORDER BY account.id
        ON CONFLICT (account_id, kind, is_dry) WHERE state IN ('queued', 'running') DO NOTHING";
    let rested = now.saturating_sub(REST).unwrap_or(now);
    executor.execute("put syncs of hints into the queue", query, &[&now, &rested]).await
}

/// How many syncs wait for their turn, or to be tried again.
pub async fn count_queued_syncs(executor: Executor<'_>) -> Result<i64, StoreError> {
    let query = "
        SELECT count(*)
        FROM trunkline.sync_runs
        WHERE state = 'queued'";
    let row = executor.row("count syncs", query, &[]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// Deletes reports that are older, a thousand at a time; of each account the last full one stays, and the last that came to
/// its end.
/// Hints of accounts that are gone are deleted too. Says how many reports it deleted.
pub async fn delete_old_syncs(
    executor: Executor<'_>,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.sync_runs AS run
        WHERE run.id IN (
            SELECT old.id
            FROM trunkline.sync_runs AS old
            WHERE old.ended_at < $1
                AND old.id NOT IN (
                    SELECT max(last.id)
                    FROM trunkline.sync_runs AS last
                    WHERE last.account_id = old.account_id AND last.kind = 'full' AND NOT last.is_dry
                    GROUP BY last.state = 'done'
                )
            ORDER BY old.id
            LIMIT 1000
        )";
    let gone = "
        DELETE FROM trunkline.resync_requests AS request
        WHERE NOT EXISTS (
            SELECT
            FROM public.partner_configurations AS account
            WHERE account.id = request.account_id
        )";
    executor.execute("forget hints", gone, &[]).await?;
    executor.execute("delete old syncs", query, &[&before]).await
}
