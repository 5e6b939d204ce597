//! Working on syncs: a worker takes one, keeps its lease while it asks the provider, and ends it or puts it off.

use std::time::Duration;

use tracing::{Instrument, info, info_span, warn};
use trunkline_core::Provider;
use trunkline_core::syncs::{SyncKind, SyncState};
use trunkline_providers::error::{Failure, ProviderError};
use trunkline_store::StoreError;
use trunkline_store::alerts::{
    AlertRule, AlertSeverity, close_account_alert, close_provider_alerts, open_account_alert,
};
use trunkline_store::outages::{note_answer, note_failure};
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account};
use trunkline_store::syncs::{
    Claim, SyncError, SyncRun, claim_sync, delete_idle_sync, end_sync, find_sync, keep_lease,
    put_off_sync, release_sync,
};

use super::full::Sync;
use super::read::Reader;
use super::trouble::{Sequel, Trouble, is_silence, judge, pause};
use crate::State;
use crate::problem::{Kind, Problem};

/// A third of a lease: two attempts to keep it may fail.
const KEEP: Duration = Duration::from_secs(20);

/// A run that failed so often by a mistake of ours is given up.
const MOST_MISTAKES: i32 = 8;

/// What to do about a failure that passes, if nobody tries again by itself.
const AWAITED: &str =
    "run it again in a few minutes; if it lasts, look at the provider's own status page";

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
}

/// Notes that a provider answers an account; if it did not, its syncs go on.
pub(super) async fn answered(
    state: &State,
    account: i32,
    provider: Provider,
) -> Result<(), StoreError> {
    let connection = state.store.connection().await?;
    let (executor, now) = (connection.executor(), state.clock.now());
    let rule = AlertRule::ProviderSilent;
    if note_answer(executor, account, now).await? {
        close_provider_alerts(executor, rule, provider, now).await?;
        info!(%provider, "the provider answers again; its syncs go on");
    } else {
        close_account_alert(executor, rule, account, now).await?;
    }
    Ok(())
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
    let ended = async {
        tokio::select! {
            ended = sync(state, run, worker) => ended,
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
    let reader = Reader::open(state, &account)?;
    let sync = Sync { state, account: &account, run, worker, reader };
    match run.kind {
        SyncKind::Full => sync.everything().await?,
        SyncKind::Hints => sync.hints().await?,
    }
    answered(state, account.id, account.provider).await?;
    Ok(())
}

async fn finish(
    state: &State,
    run: &SyncRun,
    worker: &Worker,
    ended: Result<(), Trouble>,
) -> Result<(), StoreError> {
    let now = state.clock.now();
    let (error, sequel) = match ended {
        Ok(()) => {
            let connection = state.store.connection().await?;
            end_sync(connection.executor(), run.id, worker.name(), None, now).await?;
            info!("a sync has come to its end");
            if run.kind == SyncKind::Hints {
                delete_idle_sync(connection.executor(), run.id).await?;
            }
            drop(connection);
            state.metrics.syncs.ended(run, SyncState::Done);
            return Ok(());
        }
        Err(Trouble::Lost) => {
            warn!(id = run.id, "another worker has this sync now");
            return Ok(());
        }
        Err(Trouble::Provider(error) | Trouble::OfOne(error)) => {
            note(state, run, &error).await?;
            judge(&error, run.attempts, now)
        }
        Err(Trouble::Store(error)) => mistake(error.to_string(), error.hint(), run, state),
        Err(Trouble::Ours(problem)) => {
            let sequel = mistake(problem.detail.clone(), "check the partner account", run, state);
            let is_passing = matches!(problem.kind, Kind::Unavailable | Kind::Internal);
            if is_passing { sequel } else { (sequel.0, Sequel::Over) }
        }
    };
    write_end(state, run, worker, error, sequel).await
}

/// Ends a run that has failed, or puts it off.
async fn write_end(
    state: &State,
    run: &SyncRun,
    worker: &Worker,
    error: SyncError,
    sequel: Sequel,
) -> Result<(), StoreError> {
    let now = state.clock.now();
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    match sequel {
        Sequel::Again(due_at) if !worker.is_awaited => {
            warn!(error = %error.message, %due_at, "a sync is put off");
            put_off_sync(executor, run.id, worker.name(), &error, due_at).await?;
        }
        sequel => {
            let error = match sequel {
                Sequel::Again(_) => SyncError { hint: AWAITED.to_owned(), ..error },
                Sequel::Over => error,
            };
            warn!(error = %error.message, hint = %error.hint, "a sync has failed");
            end_sync(executor, run.id, worker.name(), Some(&error), now).await?;
            state.metrics.syncs.ended(run, SyncState::Failed);
        }
    }
    Ok(())
}

fn mistake(message: String, hint: &str, run: &SyncRun, state: &State) -> (SyncError, Sequel) {
    let error = SyncError { kind: "internal".to_owned(), message, hint: hint.to_owned() };
    if run.attempts >= MOST_MISTAKES {
        return (error, Sequel::Over);
    }
    let now = state.clock.now();
    (error, Sequel::Again(now.saturating_add(pause(run.attempts)).unwrap_or(now)))
}

/// Notes whether the provider answered, and opens alerts of what it says of the account, or of its silence.
async fn note(state: &State, run: &SyncRun, error: &ProviderError) -> Result<(), StoreError> {
    if error.failure == Failure::Budget {
        return Ok(());
    }
    let connection = state.store.connection().await?;
    let (executor, id, now) = (connection.executor(), run.account_id, state.clock.now());
    let reason: String = super::full::words(error);
    if is_silence(error) {
        let (is_long, outage) = note_failure(executor, id, &reason, now).await?;
        if is_long || outage.is_some() {
            let (rule, severity) = (AlertRule::ProviderSilent, AlertSeverity::Critical);
            open_account_alert(executor, rule, severity, id, &reason, now).await?;
        }
        if let Some(outage) = outage {
            warn!(provider = %outage.provider, next = %outage.next_attempt_at, "a provider does not answer; its syncs pause");
        }
        return Ok(());
    }
    answered(state, id, run.provider).await?;
    if error.kind == trunkline_providers::error::Kind::Authentication {
        let (rule, severity) = (AlertRule::TokenInvalid, AlertSeverity::Critical);
        open_account_alert(executor, rule, severity, id, &reason, now).await?;
    }
    Ok(())
}

/// The alert of a credential that was refused is over when the provider takes it again.
pub(super) async fn credential_works(state: &State, account: i32) -> Result<(), StoreError> {
    let connection = state.store.connection().await?;
    let now = state.clock.now();
    close_account_alert(connection.executor(), AlertRule::TokenInvalid, account, now).await
}
