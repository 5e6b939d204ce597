//! Working on syncs: a worker takes one, keeps its lease while it asks the provider, and ends it.

use std::time::Duration;

use tracing::{Instrument, info_span, warn};
use trunkline_core::syncs::SyncKind;
use trunkline_store::StoreError;
use trunkline_store::partner_accounts::find_partner_account;
use trunkline_store::syncs::{Claim, SyncRun, claim_sync, find_sync, keep_lease, release_sync};

use super::ending::{answered, finish, mistake, write_end};
use super::full::Sync;
use super::read::Reader;
use super::trouble::Trouble;
use crate::State;
use crate::problem::{Kind, Problem};

/// A third of a lease: two attempts to keep it may fail.
const KEEP: Duration = Duration::from_secs(20);

/// What to do about a mistake of ours.
const REPORT: &str = "it is a defect of Trunkline: report it, with what the log says";

/// Who works on a run.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    name: String,
    /// Whether somebody waits for the run: then it fails rather than be put off.
    is_awaited: bool,
}

impl Worker {
    fn new(state: &State, is_awaited: bool) -> Self {
        Self { name: state.random.token(), is_awaited }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.is_awaited
    }
}

/// Works on the next sync that is due; gives its id, or `None` if none is.
pub async fn work_on_next(state: &State) -> Result<Option<i64>, Problem> {
    let worker = Worker::new(state, false);
    let Some(run) = take(state, &worker, Claim::Next).await? else { return Ok(None) };
    work_on(state, &run, &worker).await?;
    Ok(Some(run.id))
}

/// Works on one sync now, if nobody does; gives how it stands then.
pub async fn work_on_this(state: &State, id: i64) -> Result<SyncRun, Problem> {
    let worker = Worker::new(state, true);
    if let Some(run) = take(state, &worker, Claim::This(id)).await? {
        work_on(state, &run, &worker).await?;
    }
    let connection = state.store.connection().await?;
    find_sync(connection.executor(), id).await?.ok_or_else(|| Problem::not_found("sync"))
}

async fn take(state: &State, worker: &Worker, claim: Claim) -> Result<Option<SyncRun>, StoreError> {
    let mut connection = state.store.connection().await?;
    claim_sync(&mut connection, worker.name(), claim, state.clock.now()).await
}

/// Works on a run that was taken. If this ends in between, the run goes back into the queue at once; if the process is
/// killed, when the lease ends.
async fn work_on(state: &State, run: &SyncRun, worker: &Worker) -> Result<(), StoreError> {
    let (kind, account) = (run.kind.as_str(), run.account_id);
    let span = info_span!("job.sync", run = run.id, account, kind, dry = run.is_dry);
    let back =
        GiveBack { state: state.clone(), run: run.clone(), worker: worker.clone(), is_armed: true };
    let syncing = Box::pin(sync(state, run, worker));
    let ended = async {
        tokio::select! {
            ended = syncing => ended,
            () = keep(state, run.id, worker) => Err(Trouble::Lost),
        }
    };
    let ended = ended.instrument(span.clone()).await;
    let finished = finish(state, run, worker, ended).instrument(span).await;
    back.disarm();
    finished
}

/// Gives a run back when whoever works on it is dropped.
struct GiveBack {
    state: State,
    run: SyncRun,
    worker: Worker,
    is_armed: bool,
}

impl GiveBack {
    fn disarm(mut self) {
        self.is_armed = false;
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        if !self.is_armed {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (state, run, worker) = (self.state.clone(), self.run.clone(), self.worker.clone());
        let is_mistake = std::thread::panicking();
        // Whether there is time for it depends on how the process ends; the lease ends in any case.
        runtime.spawn(async move {
            let given = if is_mistake {
                let (error, sequel) = mistake("it panicked".to_owned(), REPORT, &run, &state);
                write_end(&state, &run, &worker, error, sequel).await
            } else {
                give_back(&state, &run, &worker).await
            };
            if let Err(error) = given {
                warn!(%error, "a sync could not be given back; it goes on when its lease ends");
            }
        });
    }
}

async fn give_back(state: &State, run: &SyncRun, worker: &Worker) -> Result<(), StoreError> {
    let connection = state.store.connection().await?;
    release_sync(connection.executor(), run.id, worker.name()).await
}

/// Keeps the lease for as long as it can be kept.
async fn keep(state: &State, id: i64, worker: &Worker) {
    loop {
        tokio::time::sleep(KEEP).await;
        let kept = async {
            let connection = state.store.connection().await?;
            keep_lease(connection.executor(), id, worker.name()).await
        };
        match kept.await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => warn!(%error, id, "the lease of a sync could not be kept; tried again"),
        }
    }
}

async fn sync(state: &State, run: &SyncRun, worker: &Worker) -> Result<(), Trouble> {
    let account = {
        let connection = state.store.connection().await?;
        find_partner_account(connection.executor(), run.account_id).await?
    };
    let account = account.ok_or_else(|| Problem::not_found("partner account"))?;
    if !account.is_active {
        let detail = "the partner account was taken out of use meanwhile";
        return Err(Problem::new(Kind::Conflict, detail).into());
    }
    let reader = Reader::open(state, &account)?;
    let sync = Sync { state, account: &account, run, worker, reader };
    match run.kind {
        SyncKind::Full => sync.everything().await?,
        SyncKind::Hints => sync.hints().await?,
    }
    answered(state, account.id, account.provider).await?;
    Ok(())
}
