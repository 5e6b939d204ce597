//! `/admin/syncs`: what the providers say, compared with what is written down here; operators ask for a comparison.

mod act;
mod list;
mod show;

use axum::Router;
use axum::routing::get;
use trunkline_core::syncs::{SyncKind, SyncState};
use trunkline_store::syncs::SyncRun;

use super::{Time, words};
use crate::State;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/syncs", get(list::list).post(act::request))
        .route("/syncs/{id}", get(show::show))
}

/// A sync as a row of the list, and as the head of its page.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) href: String,
    /// What was compared.
    pub(super) title: &'static str,
    pub(super) account: String,
    pub(super) provider: &'static str,
    pub(super) tone: &'static str,
    pub(super) state: String,
    /// What there is to say of the state.
    pub(super) note: String,
    /// What to do about it.
    pub(super) hint: String,
    pub(super) compared: String,
    pub(super) found: String,
    pub(super) asked_by: String,
    pub(super) asked: Time,
    pub(super) began: Option<Time>,
    pub(super) ended: Option<Time>,
    /// Not before this.
    pub(super) due: Option<Time>,
    pub(super) is_open: bool,
}

impl From<SyncRun> for Row {
    fn from(run: SyncRun) -> Self {
        let (tone, state) = standing(&run);
        let (note, hint) = match &run.error {
            Some(error) if run.state != SyncState::Done => {
                (error.message.clone(), error.hint.clone())
            }
            _ => (String::new(), String::new()),
        };
        let is_open = matches!(run.state, SyncState::Queued | SyncState::Running);
        let is_put_off = run.state == SyncState::Queued && run.attempts > 0;
        let due = run
            .paused_until
            .or(Some(run.due_at))
            .filter(|_| is_put_off || run.paused_until.is_some());
        Self {
            id: run.id,
            href: format!("/admin/syncs/{}", run.id),
            title: title(run.kind, run.is_dry),
            account: run.account_name().to_owned(),
            provider: run.provider.name(),
            tone,
            state,
            note,
            hint,
            compared: format!(
                "{}, {}",
                counted(run.clients, "client", "clients"),
                counted(run.channels, "channel", "channels")
            ),
            found: found(&run),
            asked_by: match run.asked_by.as_str() {
                "schedule" => "by the clock".to_owned(),
                "webhooks" => "by webhooks".to_owned(),
                other => other.to_owned(),
            },
            asked: run.requested_at.into(),
            began: run.started_at.map(Time::from),
            ended: run.ended_at.map(Time::from),
            due: due.filter(|_| is_open).map(Time::from),
            is_open,
        }
    }
}

const fn title(kind: SyncKind, is_dry: bool) -> &'static str {
    match (kind, is_dry) {
        (SyncKind::Full, false) => "Sync",
        (SyncKind::Full, true) => "Dry run",
        (SyncKind::Hints, _) => "Asked after webhooks",
    }
}

/// Tone and word.
fn standing(run: &SyncRun) -> (&'static str, String) {
    match run.state {
        SyncState::Queued if run.paused_until.is_some() => {
            ("warn", format!("Pauses: {} does not answer", run.provider.name()))
        }
        SyncState::Queued if run.attempts > 0 => ("warn", "Put off".to_owned()),
        SyncState::Queued => ("info", "Queued".to_owned()),
        SyncState::Running => ("info", "Running".to_owned()),
        SyncState::Done => ("good", "Done".to_owned()),
        SyncState::Failed => ("bad", "Failed".to_owned()),
    }
}

fn found(run: &SyncRun) -> String {
    if run.findings == 0 {
        return if run.state == SyncState::Done { "no difference" } else { "nothing yet" }
            .to_owned();
    }
    let done = if run.is_dry { "would be changed" } else { "changed" };
    let found = counted(run.findings, "difference", "differences");
    format!("{found}, {} {done}", words::grouped(run.changes))
}

fn counted(number: i32, one: &str, many: &str) -> String {
    format!("{} {}", words::grouped(number), if number == 1 { one } else { many })
}
