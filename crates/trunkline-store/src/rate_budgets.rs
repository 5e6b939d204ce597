//! Rate budgets: how often each partner account may call its provider, shared by all replicas.

use std::time::Duration;

use jiff::Timestamp;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// A provider's limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// So many calls at most.
    pub calls: u16,
    /// In any time of this length.
    pub within: Duration,
    /// How far apart calls are while the provider says that its own budget is nearly used up.
    pub slow_pause: Duration,
}

/// When a call may be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// At this moment, after this wait; the call is counted.
    At(Timestamp, Duration),
    /// Not before this, which is longer than one wanted to wait; nothing is counted.
    NotBefore(Timestamp),
}

/// Takes the next turn of a budget, if it is not farther away than `patience`. Each turn is given once,
/// in the order of asking, so that nobody has to ask again.
pub async fn take_turn(
    executor: Executor<'_>,
    account_id: i32,
    name: &str,
    limit: RateLimit,
    patience: Duration,
) -> Result<Turn, StoreError> {
    let query = "
        SELECT turn, extract(EPOCH FROM wait)::DOUBLE PRECISION AS seconds, granted
        FROM trunkline.take_turn($1, $2, $3, make_interval(secs => $4), make_interval(secs => $5),
            make_interval(secs => $6))";
    let seconds = |time: Duration| time.as_secs_f64();
    let (within, patience) = (seconds(limit.within), seconds(patience));
    let parameters: Parameters<'_> = &[
        &account_id,
        &name,
        &i32::from(limit.calls.max(1)),
        &within,
        &patience,
        &seconds(limit.slow_pause),
    ];
    let doing = "take a turn of a rate budget";
    let row = executor.row(doing, query, parameters).await?;
    let none = || StoreError::Query { doing, reason: "there was no answer".into(), code: None };
    let row = row.ok_or_else(none)?;
    if row.get("granted") {
        let seconds: f64 = row.get("seconds");
        Ok(Turn::At(row.get("turn"), Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    } else {
        Ok(Turn::NotBefore(row.get("turn")))
    }
}

/// No call of this budget before a moment, and for a while only slow ones: what the provider said.
pub async fn press_budget(
    executor: Executor<'_>,
    account_id: i32,
    name: &str,
    used_percent: i32,
    not_before: Option<Timestamp>,
    slow_for: Duration,
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.rate_budgets AS budget (account_id, name, not_before, slow_until, used_percent)
        VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4), $5)
        ON CONFLICT (account_id, name) DO UPDATE
        SET not_before = greatest(budget.not_before, excluded.not_before),
            slow_until = excluded.slow_until,
            used_percent = excluded.used_percent";
    let slow_for = slow_for.as_secs_f64();
    let parameters: Parameters<'_> = &[&account_id, &name, &not_before, &slow_for, &used_percent];
    executor.execute("slow a rate budget down", query, parameters).await?;
    Ok(())
}

/// Forgets budgets that nobody used for longer than any of them counts: registrations of numbers count for three days.
pub async fn delete_idle_budgets(executor: Executor<'_>) -> Result<u64, StoreError> {
    let query = "
        DELETE FROM trunkline.rate_budgets
        WHERE coalesce(turns[cardinality(turns)], '-infinity') < now() - '4 days'::INTERVAL
            AND coalesce(not_before, '-infinity') < now()";
    executor.execute("forget idle rate budgets", query, &[]).await
}
