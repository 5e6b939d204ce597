use serde_json::{Value, json};
use trunkline_providers::error::{Kind as ErrorKind, ProviderError};
use trunkline_store::Executor;
use trunkline_store::provider_calls::{CallEnd, begin_call, end_call};

use crate::problem::Kind;
use crate::{Problem, State};

/// A call that must not be made twice.
pub(super) struct Once<'a> {
    /// The partner account.
    pub(super) account_id: i32,
    /// As `provider.meta.register`.
    pub(super) call: &'static str,
    /// What it is about, in the provider's words.
    pub(super) subject: &'a str,
    /// What is needed to find out what became of it.
    pub(super) details: Value,
}

/// Writes the call down and commits, sends it, and stores what it brought together with its end.
///
/// Killed in between, or without an answer, it stays open: `resolve` asks the provider what became of it, and until
/// then the same call is refused.
pub(super) async fn once<T>(
    state: &State,
    once: Once<'_>,
    send: impl Future<Output = Result<T, ProviderError>>,
    store: impl AsyncFnOnce(Executor<'_>, &T) -> Result<Value, Problem>,
) -> Result<T, Problem> {
    let Once { account_id, call, subject, details } = once;
    let id = {
        let connection = state.store.connection().await?;
        let now = state.clock.now();
        begin_call(connection.executor(), account_id, call, subject, &details, now).await?
    };
    let id = id.ok_or_else(|| {
        let words = format!(
            "the same call was begun before, and it is not known what became of it: {call} of {subject}; the next sync asks the provider"
        );
        Problem::new(Kind::Conflict, words)
    })?;
    match send.await {
        Ok(brought) => {
            let mut connection = state.store.connection().await?;
            let transaction = connection.begin().await?;
            let outcome = store(transaction.executor(), &brought).await?;
            end_call(transaction.executor(), id, CallEnd::Done, &outcome, state.clock.now())
                .await?;
            transaction.commit().await?;
            Ok(brought)
        }
        Err(error) => {
            if is_certain(&error) {
                let outcome = json!({ "error": error });
                let connection = state.store.connection().await?;
                let (executor, now) = (connection.executor(), state.clock.now());
                end_call(executor, id, CallEnd::Failed, &outcome, now).await?;
            }
            Err(failed(&error))
        }
    }
}

/// Whether the provider certainly did nothing: it did not get the call, or refused it for a reason that lies in it.
///
/// Throttled is not certain: 360dialog says so also of a client that it made.
fn is_certain(error: &ProviderError) -> bool {
    let refused = matches!(
        error.kind,
        ErrorKind::Authentication
            | ErrorKind::Permission
            | ErrorKind::Invalid
            | ErrorKind::NotFound
    );
    error.failure.is_unsent() || (refused && error.status.is_some_and(|status| status < 500))
}

/// What the caller of ours is told.
pub(crate) fn failed(error: &ProviderError) -> Problem {
    let words = error.to_string();
    match error.kind {
        ErrorKind::Throttled { .. } | ErrorKind::Transient => {
            Problem::new(Kind::Unavailable, words)
        }
        _ => Problem::new(Kind::Conflict, words),
    }
}
