use std::time::{Duration, Instant};

use trunkline_core::Random;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::Interrupt;

use super::accounts::Accounts;
use super::judge::Judge;
use super::lookup::Existing;
use super::run::{run, write_batch};
use super::runs::{begin_run, end_run};
use super::throttle::Throttle;
use super::write::Writing;
use super::{
    BatchDone, Platform, Position, RunOptions, RunReport, SourceRow, Survey, Verdict, survey,
};
use crate::{Executor, Store, StoreError};

/// A change may be committed that much later than its `updated_at` says.
const OVERLAP: Duration = Duration::from_mins(5);

/// How much longer than it takes to look for contenders is rested after it.
const SHARE: u32 = 9;

/// How long it rests at least while the database is away.
const AWAY: Duration = Duration::from_secs(2);

/// Follows what the platform changes, until it is asked to stop.
///
/// First everything is taken over; where it is asked to stop before that is done, the report says so. From then on the rows
/// are looked at that were changed since shortly before the last look, and those with a new id; all of it again where
/// contenders came or went. `progress` hears of what is taken over at first, then, without rows, that this is done, then of
/// what changes. A change that leaves `updated_at` alone is seen by the next whole run alone, a row that is deleted by
/// `verify`. A database that goes away, and who holds a lock for long, is waited for.
pub async fn follow(
    store: &Store,
    platform: &Platform,
    ring: &KeyRing,
    options: RunOptions,
    interval: Duration,
    interrupt: &Interrupt,
    progress: &mut BatchDone<'_>,
) -> Result<RunReport, StoreError> {
    let mut report = RunReport::default();
    let look = Look { store, platform, ring, options, interrupt };
    let mut begun = None;
    let mut rest = Duration::ZERO;
    loop {
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = interrupt.requested() => {
                return Ok(RunReport { is_interrupted: begun.is_none(), ..report });
            }
        }
        let looked = match &mut begun {
            Some((position, known)) => look.at(position, known, &mut report, progress).await,
            None => look.begin(&mut report, progress).await.map(|first| {
                begun = first;
                Duration::ZERO
            }),
        };
        match looked {
            Ok(took) => rest = interval.max(took * SHARE),
            // The database was started again, another server is the primary now, or somebody holds a lock for long: what was
            // not seen is seen the next time.
            Err(error @ StoreError::Unavailable { .. }) => {
                tracing::warn!(%error, "what the platform changed is looked at when the database is back");
                rest = interval.max(AWAY);
            }
            Err(error @ StoreError::Query { .. }) if error.is_passing() => {
                tracing::warn!(%error, "what the platform changed is looked at again in a moment");
                rest = interval.max(AWAY);
            }
            Err(error) => return Err(error),
        }
    }
}

/// What is looked with.
#[derive(Clone, Copy)]
struct Look<'a> {
    store: &'a Store,
    platform: &'a Platform,
    ring: &'a KeyRing,
    options: RunOptions,
    interrupt: &'a Interrupt,
}

impl Look<'_> {
    /// Takes everything over; `None` if it was asked to stop meanwhile.
    async fn begin(
        &self,
        report: &mut RunReport,
        progress: &mut BatchDone<'_>,
    ) -> Result<Option<(Position, Survey)>, StoreError> {
        let Self { store, platform, ring, options, interrupt } = *self;
        let connection = store.connection().await?;
        let executor = connection.executor();
        let position = platform.position(executor).await?;
        let Some(known) = survey(executor, platform, interrupt, &mut |_| {}).await? else {
            return Ok(None);
        };
        drop(connection);
        let first = run(store, platform, &known, ring, options, interrupt, progress).await?;
        report.absorb(&first, true);
        progress(report, &[]);
        Ok((!first.is_interrupted).then_some((position, known)))
    }

    /// One look, and what it leads to; gives how long the survey took, if there was one.
    async fn at(
        &self,
        position: &mut Position,
        known: &mut Survey,
        report: &mut RunReport,
        progress: &mut BatchDone<'_>,
    ) -> Result<Duration, StoreError> {
        let Self { store, platform, ring, options, interrupt } = *self;
        let connection = store.connection().await?;
        let executor = connection.executor();
        let next = platform.position(executor).await?;
        let since = position.before(OVERLAP);
        let mut took = Duration::ZERO;
        if self.has_work(executor, known, since, report, progress).await? {
            let began = Instant::now();
            let Some(found) = survey(executor, platform, interrupt, &mut |_| {}).await? else {
                return Ok(took);
            };
            took = began.elapsed();
            let is_same = found.contests == known.contests;
            let done = if is_same {
                catch_up(store, platform, &found, ring, options, since, interrupt, progress).await?
            } else {
                run(store, platform, &found, ring, options, interrupt, progress).await?
            };
            *known = found;
            report.absorb(&done, !is_same);
        }
        *position = next;
        Ok(took)
    }

    /// Whether a row changed since would be written, or contended and may not do so any more; where there is none, the rows
    /// are shown.
    async fn has_work(
        &self,
        executor: Executor<'_>,
        survey: &Survey,
        since: Position,
        report: &RunReport,
        progress: &mut BatchDone<'_>,
    ) -> Result<bool, StoreError> {
        let Self { platform, ring, options, .. } = *self;
        let judge = Judge::new(platform, survey, options.policy, Some(ring));
        let mut after = i64::MIN;
        loop {
            let rows = changed(executor, platform, options, since, &mut after).await?;
            let Some(rows) = rows else { return Ok(false) };
            let existing = Existing::of(executor, judge, &rows).await?;
            let judged: Vec<(SourceRow, Verdict)> = rows
                .into_iter()
                .map(|row| {
                    let verdict = judge.judge(&row, &existing);
                    (row, verdict)
                })
                .collect();
            let is_work = |(row, verdict): &(SourceRow, Verdict)| {
                survey.contests.of(row.id).is_some()
                    || matches!(verdict, Verdict::Create | Verdict::Update)
            };
            if judged.iter().any(is_work) {
                return Ok(true);
            }
            progress(report, &judged);
        }
    }
}

/// Takes over what was changed since.
#[expect(clippy::too_many_arguments, reason = "those of a run, and since when")]
async fn catch_up(
    store: &Store,
    platform: &Platform,
    survey: &Survey,
    ring: &KeyRing,
    options: RunOptions,
    since: Position,
    interrupt: &Interrupt,
    progress: &mut BatchDone<'_>,
) -> Result<RunReport, StoreError> {
    let mut connection = store.connection().await?;
    let source = platform.source();
    let accounts = &Accounts::read(connection.executor(), ring).await?;
    let run = begin_run(connection.executor(), source).await?;
    let judge = Judge::new(platform, survey, options.policy, Some(ring));
    let random = Random::system();
    let mut writing = Writing { source, run, ring, accounts, random, left: u64::MAX };
    let mut throttle = Throttle::new(options.busy);
    let mut report = RunReport::default();
    let mut after = i64::MIN;
    while !interrupt.is_requested() {
        let rows = changed(connection.executor(), platform, options, since, &mut after).await?;
        let Some(rows) = rows else { break };
        let began = Instant::now();
        let judged = write_batch(&mut connection, judge, &mut writing, rows, interrupt).await?;
        let Some(judged) = judged else { break };
        report.add(&judged);
        progress(&report, &judged);
        report.rested += throttle.rest(connection.executor(), began.elapsed(), interrupt).await?;
    }
    end_run(connection.executor(), run, &report).await?;
    Ok(report)
}

/// The next rows that were changed since; `None` at the end.
async fn changed(
    executor: Executor<'_>,
    platform: &Platform,
    options: RunOptions,
    since: Position,
    after: &mut i64,
) -> Result<Option<Vec<SourceRow>>, StoreError> {
    let mut rows = platform.read_changed(executor, *after, since).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    *after = last.id;
    rows.retain(|row| options.company.is_none() || row.company_id == options.company);
    Ok(Some(rows))
}
