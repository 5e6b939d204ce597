use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use trunkline_providers::error::{Kind as ErrorKind, Provider, ProviderError};
use trunkline_store::audit_log::{Act, Actor, ActorKind, insert_audit_entry};
use trunkline_store::provider_calls::{CallState, ProviderCall, begin_call, end_call, find_call};
use trunkline_store::syncs::insert_channel_hint;
use trunkline_store::{Executor, QualifiedId};

use super::failed;
use crate::problem::Kind;
use crate::{Problem, State};

/// Tells nothing of the channel but its key.
pub(crate) const API_KEY_CREATE: &str = "provider.360dialog.api_key_create";

/// How many milliseconds are rested before what a call brought is written down once more.
const RESTS: [u64; 7] = [100, 400, 1_000, 2_500, 5_000, 9_000, 12_000];

/// A call that must not be made twice.
pub(super) struct Once<'a> {
    /// The partner account.
    pub(super) account_id: i32,
    /// As `provider.meta.register`.
    pub(super) call: &'static str,
    /// What it is about, in the provider's words.
    pub(super) subject: &'a str,
    /// The channel that it is about, if it is about one.
    pub(super) channel: Option<QualifiedId>,
    /// What is needed to find out what became of it.
    pub(super) details: Value,
    /// Who asks for it.
    pub(super) actor: &'a Actor,
}

/// Writes the call down and commits, sends it, and stores what it brought together with its end.
///
/// Killed in between, or without an answer, it stays open: `resolve` asks the provider what became of it, and until
/// then the same call is refused.
pub(super) async fn once<T>(
    state: &State,
    once: Once<'_>,
    send: impl Future<Output = Result<T, ProviderError>>,
    store: impl AsyncFnOnce(Executor<'_>, &T) -> Result<Value, Problem> + Clone,
) -> Result<T, Problem> {
    let call = begin(state, &once).await?;
    match send.await {
        Ok(brought) => {
            // While the database is away or somebody is in the way: what a call brought is brought once.
            for rest in RESTS {
                match keep(state, &once, &call, &brought, store.clone()).await {
                    Ok(()) => return Ok(brought),
                    Err(problem) => tracing::warn!(?problem, "what a call brought is not kept yet"),
                }
                tokio::time::sleep(Duration::from_millis(rest)).await;
            }
            let kept = keep(state, &once, &call, &brought, store).await;
            kept.map(|()| brought).map_err(|problem| not_kept(&call, problem))
        }
        Err(error) if is_certain(&error) => {
            let mut connection = state.store.connection().await?;
            let transaction = connection.begin().await?;
            let (executor, now) = (transaction.executor(), state.clock.now());
            let outcome = json!({ "error": error });
            end(executor, once.actor, &call, CallState::Failed, &outcome, now).await?;
            transaction.commit().await?;
            Err(failed(&error, now))
        }
        Err(error) => {
            let detail = format!(
                "{} did not say whether it did what was asked ({}), so it is not asked again: call {} stays open, and what \
                 became of it is looked for at the provider in two minutes",
                error.provider, error.message, call.id
            );
            Err(Problem::new(Kind::Unavailable, detail))
        }
    }
}

/// Stores what a call brought, together with its end.
async fn keep<T>(
    state: &State,
    once: &Once<'_>,
    call: &ProviderCall,
    brought: &T,
    store: impl AsyncFnOnce(Executor<'_>, &T) -> Result<Value, Problem>,
) -> Result<(), Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let (outcome, now) = (store(executor, brought).await?, state.clock.now());
    end(executor, once.actor, call, CallState::Done, &outcome, now).await?;
    Ok(transaction.commit().await?)
}

/// The provider did it, and nothing of that could be written down.
fn not_kept(call: &ProviderCall, problem: Problem) -> Problem {
    let detail = format!(
        "{} did what was asked, and it could not be written down: call {} stays open, and what became of it is looked for at \
         the provider in two minutes",
        call.provider.name(),
        call.id
    );
    Problem { cause: problem.cause, ..Problem::new(Kind::Unavailable, detail) }
}

/// Writes a call down, and who asked for it.
async fn begin(state: &State, once: &Once<'_>) -> Result<ProviderCall, Problem> {
    let Once { account_id, call, subject, channel, details, actor } = once;
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let id = begin_call(executor, *account_id, call, subject, details, now).await?;
    let begun = match id {
        Some(id) => find_call(executor, id).await?,
        None => None,
    };
    let begun = begun.ok_or_else(|| {
        let of = channel.map_or_else(String::new, |channel| format!("channels/{channel}/"));
        let words = format!(
            "the same call was begun before, and it is not known what became of it: {call} of {subject}; the provider is \
             asked about it, and an operator of the platform may settle it (GET /api/v1/{of}provider-calls?open=true)"
        );
        Problem::new(Kind::Conflict, words)
    })?;
    note(executor, actor, "provider_call.begun", &begun, None, now).await?;
    transaction.commit().await?;
    Ok(begun)
}

/// Writes down what became of a call, unless that is known; says whether it was not. A channel to which something was
/// done is read anew by the next sync, unless somebody reads it before.
pub(super) async fn end(
    executor: Executor<'_>,
    actor: &Actor,
    call: &ProviderCall,
    state: CallState,
    outcome: &Value,
    now: Timestamp,
) -> Result<bool, Problem> {
    let is_new = end_call(executor, call.id, state, outcome, now).await?;
    if is_new {
        let after = json!({ "state": state, "outcome": outcome });
        if state == CallState::Done && call.channel().is_some() && call.call != API_KEY_CREATE {
            let reason = "provider_call";
            insert_channel_hint(executor, call.account_id, &call.subject, reason, now).await?;
        }
        note(executor, actor, "provider_call.ended", call, Some(after), now).await?;
    }
    Ok(is_new)
}

/// Writes the audit log, at the channel that the call is about.
async fn note(
    executor: Executor<'_>,
    actor: &Actor,
    action: &str,
    call: &ProviderCall,
    what: Option<Value>,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut after = json!({ "provider_call_id": call.id, "call": call.call });
    if let (Some(after), Some(Value::Object(what))) = (after.as_object_mut(), what) {
        after.extend(what);
    }
    let (object_kind, object_id) = match call.channel() {
        Some(channel) => ("channel", channel.to_string()),
        None => ("provider_call", call.id.to_string()),
    };
    let company_id = call.details["company_id"].as_i64().and_then(|id| id.try_into().ok());
    let before = None;
    let act = Act { action, object_kind, object_id, company_id, before, after: Some(after) };
    Ok(insert_audit_entry(executor, actor, &act, now).await?)
}

/// Trunkline itself, which looks for what became of calls.
pub(super) fn itself() -> Actor {
    let name = "trunkline".to_owned();
    Actor { kind: ActorKind::System, id: None, name, address: None, request_id: None }
}

/// Whether the provider certainly did nothing: it did not get the call, or refused it for a reason that lies in it.
///
/// Throttled is not certain at 360dialog, which says so also of a client that it made.
fn is_certain(error: &ProviderError) -> bool {
    let refused = match error.kind {
        ErrorKind::Authentication
        | ErrorKind::Permission
        | ErrorKind::Invalid
        | ErrorKind::NotFound => true,
        ErrorKind::Throttled { .. } => error.provider != Provider::Dialog360,
        ErrorKind::Transient => false,
    };
    error.failure.is_unsent() || (refused && error.status.is_some_and(|status| status < 500))
}
