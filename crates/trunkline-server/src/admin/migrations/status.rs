use askama::Template;
use axum::Extension;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_migrate::{MigrationState, MigrationStatus, Origin, Status};

use super::recent::Recent;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, Time, filter};
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "migrations/status.html")]
struct StatusPage {
    frame: Frame,
    database: String,
    rows: Vec<Row>,
    pending: usize,
    /// Changed since applied, or not of this release.
    strange: usize,
}

impl StatusPage {
    fn pending_text(&self) -> String {
        filter::counted(self.pending, "migration is pending", "migrations are pending", false)
    }
}

struct Row {
    name: String,
    tone: &'static str,
    state: String,
    applied: Option<Time>,
    is_reversible: bool,
    last_error: String,
    difference: String,
}

impl From<&MigrationStatus> for Row {
    fn from(status: &MigrationStatus) -> Self {
        let (tone, state) = describe(status);
        Self {
            name: status.migration.to_string(),
            tone,
            state,
            applied: status.applied_at.map(Time::from),
            is_reversible: status.reversible,
            last_error: status.last_error.clone().unwrap_or_default(),
            difference: status.difference.clone().unwrap_or_default(),
        }
    }
}

fn describe(status: &MigrationStatus) -> (&'static str, String) {
    let (tone, word) = match status.state {
        MigrationState::Applied => match status.origin {
            Some(Origin::Platform) => ("good", "Applied by the platform's runner"),
            Some(Origin::Adopted) => ("good", "Adopted"),
            _ => ("good", "Applied"),
        },
        MigrationState::Pending => ("info", "Pending"),
        MigrationState::OutOfOrder => ("warn", "Pending, out of order"),
        MigrationState::AppliedByPlatform => {
            ("info", "Applied by the platform's runner, not recorded")
        }
        MigrationState::Changed => ("bad", "Changed since applied"),
        MigrationState::MissingFile => ("bad", "Applied, not of this release"),
        MigrationState::HalfWay => {
            let (done, of) = status.progress.unwrap_or_default();
            return ("warn", format!("Half-way: {done} of {of} statements"));
        }
    };
    (tone, word.to_owned())
}

/// Every migration and how it stands.
pub(super) async fn status(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Extension(recent): Extension<Recent<Status>>,
) -> Result<Page<impl Template>, PageProblem> {
    let status = recent.get(&state, state.migrator.status()).await?;
    let having = |states: &[MigrationState]| {
        status.migrations.iter().filter(|row| states.contains(&row.state)).count()
    };
    let strange = having(&[MigrationState::Changed, MigrationState::MissingFile]);
    let pending = status.migrations.len() - having(&[MigrationState::Applied]) - strange;
    Ok(Page(StatusPage {
        frame: administrator.frame(&headers, Section::Migrations),
        database: status.database.clone(),
        rows: status.migrations.iter().map(Row::from).collect(),
        pending,
        strange,
    }))
}
