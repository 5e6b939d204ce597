//! How a run ends: done, failed, or put off; and what that says of the provider.

use jiff::Timestamp;
use tracing::{info, warn};
use trunkline_core::Provider;
use trunkline_core::syncs::{SyncKind, SyncState};
use trunkline_providers::error::{Failure, Kind as ErrorKind, ProviderError};
use trunkline_store::StoreError;
use trunkline_store::alerts::{
    AlertRule, AlertSeverity, close_account_alert, close_provider_alerts, open_account_alert,
};
use trunkline_store::outages::{note_answer, note_failure};
use trunkline_store::syncs::{SyncError, SyncRun, delete_idle_sync, end_sync, put_off_sync};

use super::trouble::{Sequel, Trouble, is_silence, judge, pause};
use super::worker::Worker;
use crate::State;
use crate::problem::Kind;

/// A run that failed so often by a mistake of ours is given up.
const MOST_MISTAKES: i32 = 8;

/// What to do about a failure that passes, if nobody tries again by itself.
const AWAITED: &str =
    "run it again in a few minutes; if it lasts, look at the provider's own status page";

/// Ends a run, or puts it off, by how the work on it ended.
pub(super) async fn finish(
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
            let tried_again = note(state, run, &error).await?;
            let (judged, sequel) = judge(&error, run.attempts, now);
            // In an outage one tries when it is time, and this may be the one.
            (judged, tried_again.map_or(sequel, Sequel::Again))
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
pub(super) async fn write_end(
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
        Sequel::Again(due_at) if !worker.is_awaited() => {
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

/// A failure that is none of the provider's: tried again some times.
pub(super) fn mistake(
    message: String,
    hint: &str,
    run: &SyncRun,
    state: &State,
) -> (SyncError, Sequel) {
    let error = SyncError { kind: "internal".to_owned(), message, hint: hint.to_owned() };
    if run.attempts >= MOST_MISTAKES {
        return (error, Sequel::Over);
    }
    let now = state.clock.now();
    (error, Sequel::Again(now.saturating_add(pause(run.attempts)).unwrap_or(now)))
}

/// Notes whether the provider answered, and opens alerts of what it says of the account, or of its silence. In an
/// outage it gives when the provider is tried again.
async fn note(
    state: &State,
    run: &SyncRun,
    error: &ProviderError,
) -> Result<Option<Timestamp>, StoreError> {
    if error.failure == Failure::Budget {
        return Ok(None);
    }
    let (id, reason, now) = (run.account_id, super::full::words(error), state.clock.now());
    if error.failure.is_unsent() && !is_silence(error) {
        // Nobody was asked: the account lacks a credential, or its address is forbidden.
        return Ok(None);
    }
    if !is_silence(error) {
        answered(state, id, run.provider).await?;
        if error.kind == ErrorKind::Authentication {
            open_alert(state, AlertRule::TokenInvalid, id, &reason).await?;
        }
        return Ok(None);
    }
    let (is_long, outage) = {
        let connection = state.store.connection().await?;
        note_failure(connection.executor(), id, &reason, now).await?
    };
    if is_long || outage.is_some() {
        open_alert(state, AlertRule::ProviderSilent, id, &reason).await?;
    }
    Ok(outage.map(|outage| {
        let (provider, next) = (outage.provider, outage.next_attempt_at);
        warn!(%provider, %next, "a provider does not answer; its syncs pause");
        next
    }))
}

async fn open_alert(
    state: &State,
    rule: AlertRule,
    account: i32,
    reason: &str,
) -> Result<(), StoreError> {
    let connection = state.store.connection().await?;
    let (severity, now) = (AlertSeverity::Critical, state.clock.now());
    open_account_alert(connection.executor(), rule, severity, account, reason, now).await
}

/// The alert of a credential that was refused is over when the provider takes it again.
pub(super) async fn credential_works(state: &State, account: i32) -> Result<(), StoreError> {
    let connection = state.store.connection().await?;
    let now = state.clock.now();
    close_account_alert(connection.executor(), AlertRule::TokenInvalid, account, now).await
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
