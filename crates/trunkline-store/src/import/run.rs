use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use trunkline_core::Random;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::Interrupt;

use super::accounts::Accounts;
use super::judge::{Judge, refuse_twins};
use super::lookup::Existing;
use super::patience::Patience;
use super::runs::{begin_run, end_run};
use super::throttle::Throttle;
use super::write::{Writing, write};
use super::{BATCH, Platform, Policy, SourceRow, Survey, Verdict};
use crate::{Connection, Store, StoreError};

/// Batches that are read ahead of those that are being written.
const AHEAD: usize = 2;

/// How many batches are written at a time.
const WRITERS: usize = 2;

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
    /// It rests while more sessions of others than that are at work, and when its own work gets slow; `None`: never.
    pub busy: Option<u32>,
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
    /// Rows that somebody decided to leave out.
    pub left_out: u64,
    /// How long it rested because the database was busy.
    pub rested: Duration,
    /// It ended at the limit; there may be more.
    pub is_limited: bool,
    /// It was asked to stop; what was committed stands.
    pub is_interrupted: bool,
}

/// What the writers of a run share.
struct Shared<'a, 'b> {
    report: RunReport,
    progress: &'a mut BatchDone<'b>,
}

/// A writer, with the rows that are its own.
struct Lane<'a> {
    connection: Connection,
    batches: mpsc::Receiver<Result<Vec<SourceRow>, StoreError>>,
    writing: Writing<'a>,
    throttle: Throttle,
}

/// Takes the rows over.
///
/// While batches are written, each by the writer of its clients, the next ones are read. Each is one transaction, so what
/// is done is recorded whatever happens, and the same run again does the rest.
pub async fn run(
    store: &Store,
    platform: &Platform,
    survey: &Survey,
    ring: &KeyRing,
    options: RunOptions,
    interrupt: &Interrupt,
    progress: &mut BatchDone<'_>,
) -> Result<RunReport, StoreError> {
    let connection = store.connection().await?;
    let source = platform.source();
    let accounts = &Accounts::read(connection.executor(), ring).await?;
    let run = begin_run(connection.executor(), source).await?;
    let judge = Judge::new(platform, survey, options.policy, Some(ring));
    // A limit is counted by one writer alone.
    let writers = if options.limit.is_some() { 1 } else { WRITERS };
    let (mut senders, mut lanes) = (Vec::new(), Vec::new());
    for _ in 0..writers {
        let (sender, batches) = mpsc::channel(AHEAD);
        senders.push(sender);
        let random = Random::system();
        let writing = Writing { source, run, ring, accounts, random, left: u64::MAX };
        let throttle = Throttle::new(options.busy);
        lanes.push(Lane { connection: store.connection().await?, batches, writing, throttle });
    }
    let reader =
        tokio::spawn(read_ahead(store.clone(), platform.clone(), options.company, senders));
    let shared = Mutex::new(Shared { report: RunReport::default(), progress });
    let written = match lanes.as_mut_slice() {
        [one, other] => {
            let one = one.work(judge, options, interrupt, &shared);
            let other = other.work(judge, options, interrupt, &shared);
            tokio::try_join!(one, other).map(|_| ())
        }
        lanes => {
            let mut written = Ok(());
            for lane in lanes {
                written = written.and(lane.work(judge, options, interrupt, &shared).await);
            }
            written
        }
    };
    reader.abort();
    // Rows that it did not come to must not look like the end.
    if let Some(panic) = reader.await.err().and_then(|error| error.try_into_panic().ok()) {
        std::panic::resume_unwind(panic);
    }
    let report = lock(&shared).report.clone();
    end_run(connection.executor(), run, &report).await?;
    written.map(|()| report)
}

impl Lane<'_> {
    /// Writes what it is given until the end, the limit, or until somebody asks to stop. Nothing is read for it then,
    /// which ends the other writer too.
    async fn work(
        &mut self,
        judge: Judge<'_>,
        options: RunOptions,
        interrupt: &Interrupt,
        shared: &Mutex<Shared<'_, '_>>,
    ) -> Result<(), StoreError> {
        let done = self.write(judge, options, interrupt, shared).await;
        self.batches.close();
        done
    }

    async fn write(
        &mut self,
        judge: Judge<'_>,
        options: RunOptions,
        interrupt: &Interrupt,
        shared: &Mutex<Shared<'_, '_>>,
    ) -> Result<(), StoreError> {
        while let Some(rows) = self.batches.recv().await {
            let rows = rows?;
            let done = {
                let mut shared = lock(shared);
                let report = &mut shared.report;
                let done = report.created + report.updated;
                report.is_interrupted |= interrupt.is_requested();
                report.is_limited |= options.limit.is_some_and(|limit| done >= limit);
                if report.is_interrupted || report.is_limited {
                    return Ok(());
                }
                done
            };
            self.writing.left = options.limit.map_or(u64::MAX, |limit| limit - done);
            let (began, read) = (Instant::now(), rows.len());
            let (connection, writing) = (&mut self.connection, &mut self.writing);
            let judged = write_batch(connection, judge, writing, rows, interrupt).await?;
            let Some(judged) = judged else {
                lock(shared).report.is_interrupted = true;
                return Ok(());
            };
            {
                let mut shared = lock(shared);
                let Shared { report, progress } = &mut *shared;
                report.is_limited |= judged.len() < read;
                report.add(&judged);
                progress(report, &judged);
            }
            let (executor, took) = (self.connection.executor(), began.elapsed());
            let rested = self.throttle.rest(executor, took, interrupt).await?;
            lock(shared).report.rested += rested;
        }
        Ok(())
    }
}

fn lock<'m, 'a, 'b>(shared: &'m Mutex<Shared<'a, 'b>>) -> MutexGuard<'m, Shared<'a, 'b>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads batch after batch until the end, an error, or until nobody takes them.
///
/// All rows of a client go to one writer: two would make it twice, and wait for each other.
async fn read_ahead(
    store: Store,
    platform: Platform,
    company: Option<i32>,
    senders: Vec<mpsc::Sender<Result<Vec<SourceRow>, StoreError>>>,
) {
    let connection = match store.connection().await {
        Ok(connection) => connection,
        Err(error) => {
            let _ = senders[0].send(Err(error)).await;
            return;
        }
    };
    let full = usize::try_from(BATCH).unwrap_or(usize::MAX);
    let mut waiting: Vec<Vec<SourceRow>> = senders.iter().map(|_| Vec::new()).collect();
    let mut after = i64::MIN;
    loop {
        let rows = match platform.read(connection.executor(), after).await {
            Ok(rows) => rows,
            Err(error) => {
                let _ = senders[0].send(Err(error)).await;
                return;
            }
        };
        let is_end = rows.is_empty();
        after = rows.last().map_or(after, |row| row.id);
        for row in rows {
            if company.is_none() || row.company_id == company {
                waiting[row.writer(senders.len())].push(row);
            }
        }
        for (rows, sender) in waiting.iter_mut().zip(&senders) {
            if (rows.len() >= full || (is_end && !rows.is_empty()))
                && sender.send(Ok(std::mem::take(rows))).await.is_err()
            {
                return;
            }
        }
        if is_end {
            return;
        }
    }
}

impl SourceRow {
    /// Which of so many writers it is for.
    fn writer(&self, writers: usize) -> usize {
        let Ok(channel) = &self.reading else { return 0 };
        let mut hasher = DefaultHasher::new();
        (channel.facts.provider.as_str(), &channel.facts.client_id).hash(&mut hasher);
        usize::try_from(hasher.finish() % writers.max(1) as u64).unwrap_or(0)
    }
}

/// One transaction, again and again where it is held up; `None` if it was asked to stop meanwhile.
pub(super) async fn write_batch(
    connection: &mut Connection,
    judge: Judge<'_>,
    writing: &mut Writing<'_>,
    rows: Vec<SourceRow>,
    interrupt: &Interrupt,
) -> Result<Option<Vec<(SourceRow, Verdict)>>, StoreError> {
    let mut patience = Patience::default();
    let verdicts = loop {
        match try_batch(connection, judge, writing, &rows).await {
            Ok(verdicts) => break verdicts,
            Err(error) => patience.rest(error, interrupt).await?,
        }
        if interrupt.is_requested() {
            return Ok(None);
        }
    };
    // What is over the limit has no verdict and waits for the next run.
    let judged = rows.into_iter().zip(verdicts).filter_map(|(row, verdict)| Some((row, verdict?)));
    Ok(Some(judged.collect()))
}

async fn try_batch(
    connection: &mut Connection,
    judge: Judge<'_>,
    writing: &mut Writing<'_>,
    rows: &[SourceRow],
) -> Result<Vec<Option<Verdict>>, StoreError> {
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    Patience::limit_waits(executor).await?;
    let existing = Existing::of(executor, judge, rows).await?;
    let mut verdicts: Vec<Option<Verdict>> =
        rows.iter().map(|row| Some(judge.judge(row, &existing))).collect();
    refuse_twins(rows, &mut verdicts);
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
    pub(super) fn add(&mut self, judged: &[(SourceRow, Verdict)]) {
        self.rows += judged.len() as u64;
        for (_, verdict) in judged {
            *match verdict {
                Verdict::Create => &mut self.created,
                Verdict::Update => &mut self.updated,
                Verdict::AlreadyThere | Verdict::Adopt { .. } => &mut self.already_there,
                Verdict::Conflict(_) => &mut self.conflicts,
                Verdict::LeftOut(_) => &mut self.left_out,
            } += 1;
        }
    }

    /// Adds what a further run did; a whole one says anew what was there and what cannot be taken over.
    pub(super) fn absorb(&mut self, other: &Self, is_whole: bool) {
        self.rows += other.rows;
        self.created += other.created;
        self.updated += other.updated;
        self.rested += other.rested;
        if is_whole {
            (self.already_there, self.conflicts) = (other.already_there, other.conflicts);
            self.left_out = other.left_out;
        }
    }
}
