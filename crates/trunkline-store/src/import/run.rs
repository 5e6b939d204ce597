use std::time::Duration;

use tokio::sync::mpsc;
use trunkline_core::Random;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::Interrupt;

use super::judge::Judge;
use super::lookup::Existing;
use super::runs::{begin_run, end_run};
use super::write::{Writing, write};
use super::{Platform, Policy, SourceRow, Survey, Verdict};
use crate::{Connection, Store, StoreError};

/// How often a batch is tried that a lock or somebody faster held up, and how long it rests before each.
const ATTEMPTS: u32 = 10;
const REST: Duration = Duration::from_millis(200);

/// Batches that are read ahead of the one that is being written.
const AHEAD: usize = 2;

/// Hears after each batch what was done so far, and of each row of the batch.
pub type BatchDone<'a> = dyn FnMut(&RunReport, &[(SourceRow, Verdict)]) + Send + 'a;

/// What a run does.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions {
    /// Only this company's rows.
    pub company: Option<i32>,
    /// At most so many channels are made or updated.
    pub limit: Option<u64>,
    /// What happens to rows that contend.
    pub policy: Policy,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Rows that were looked at.
    pub rows: u64,
    /// Channels made.
    pub created: u64,
    /// Channels brought up to date.
    pub updated: u64,
    /// Rows whose channel was there.
    pub already_there: u64,
    /// Rows that cannot be taken over.
    pub conflicts: u64,
    /// It ended at the limit; there may be more.
    pub is_limited: bool,
    /// It was asked to stop; what was committed stands.
    pub is_interrupted: bool,
}

/// Takes the rows over.
///
/// While a batch is written the next ones are read. Each is one transaction, so what is done is recorded whatever
/// happens, and the same run again does the rest.
pub async fn run(
    store: &Store,
    platform: &Platform,
    survey: &Survey,
    ring: &KeyRing,
    options: RunOptions,
    interrupt: &Interrupt,
    progress: &mut BatchDone<'_>,
) -> Result<RunReport, StoreError> {
    let mut connection = store.connection().await?;
    let run = begin_run(connection.executor()).await?;
    let mut report = RunReport::default();
    let (sender, mut batches) = mpsc::channel(AHEAD);
    let reader = tokio::spawn(read_ahead(store.clone(), platform.clone(), options.company, sender));
    let judge = Judge { contests: &survey.contests, policy: options.policy, ring: Some(ring) };
    let mut writing = Writing { run, ring, random: Random::system(), left: 0 };
    while let Some(rows) = batches.recv().await {
        report.is_interrupted = interrupt.is_requested();
        let done = report.created + report.updated;
        report.is_limited |= options.limit.is_some_and(|limit| done >= limit);
        if report.is_interrupted || report.is_limited {
            break;
        }
        writing.left = options.limit.map_or(u64::MAX, |limit| limit - done);
        let rows = rows?;
        let read = rows.len();
        let judged = write_batch(&mut connection, judge, &mut writing, rows).await?;
        report.is_limited = judged.len() < read;
        report.add(&judged);
        progress(&report, &judged);
    }
    reader.abort();
    end_run(connection.executor(), run, &report).await?;
    Ok(report)
}

/// Reads batch after batch until the end, an error, or until nobody takes them.
async fn read_ahead(
    store: Store,
    platform: Platform,
    company: Option<i32>,
    batches: mpsc::Sender<Result<Vec<SourceRow>, StoreError>>,
) {
    let connection = match store.connection().await {
        Ok(connection) => connection,
        Err(error) => {
            let _ = batches.send(Err(error)).await;
            return;
        }
    };
    let mut after = i64::MIN;
    loop {
        let mut batch = platform.read(connection.executor(), after).await;
        if let Ok(rows) = &mut batch {
            let Some(last) = rows.last() else { return };
            after = last.id;
            rows.retain(|row| company.is_none() || row.company_id == company);
        }
        let failed = batch.is_err();
        if batches.send(batch).await.is_err() || failed {
            return;
        }
    }
}

/// One transaction, again and again where it is held up.
async fn write_batch(
    connection: &mut Connection,
    judge: Judge<'_>,
    writing: &mut Writing<'_>,
    rows: Vec<SourceRow>,
) -> Result<Vec<(SourceRow, Verdict)>, StoreError> {
    let mut attempt = 0;
    let verdicts = loop {
        attempt += 1;
        match try_batch(connection, judge, writing, &rows).await {
            Err(error) if error.is_passing() && attempt < ATTEMPTS => {
                tokio::time::sleep(REST * attempt).await;
            }
            done => break done?,
        }
    };
    // What is over the limit has no verdict and waits for the next run.
    Ok(rows.into_iter().zip(verdicts).filter_map(|(row, verdict)| Some((row, verdict?))).collect())
}

async fn try_batch(
    connection: &mut Connection,
    judge: Judge<'_>,
    writing: &mut Writing<'_>,
    rows: &[SourceRow],
) -> Result<Vec<Option<Verdict>>, StoreError> {
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    executor.execute("limit the wait for locks", "SET LOCAL lock_timeout = '2s'", &[]).await?;
    let existing = Existing::of(executor, rows).await?;
    let mut verdicts: Vec<Option<Verdict>> =
        rows.iter().map(|row| Some(judge.judge(row, &existing))).collect();
    let mut left = writing.left;
    for verdict in &mut verdicts {
        if matches!(verdict, Some(Verdict::Create | Verdict::Update)) {
            if left == 0 {
                *verdict = None;
            }
            left = left.saturating_sub(1);
        }
    }
    write(executor, writing, rows, &mut verdicts, &existing).await?;
    transaction.commit().await?;
    Ok(verdicts)
}

impl RunReport {
    fn add(&mut self, judged: &[(SourceRow, Verdict)]) {
        self.rows += judged.len() as u64;
        for (_, verdict) in judged {
            *match verdict {
                Verdict::Create => &mut self.created,
                Verdict::Update => &mut self.updated,
                Verdict::AlreadyThere | Verdict::Adopt { .. } => &mut self.already_there,
                Verdict::Conflict(_) => &mut self.conflicts,
            } += 1;
        }
    }
}
