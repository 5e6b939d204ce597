//! `/health/live`: the process answers. `/health/ready`: it can do its work, and if not, why.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use trunkline_store::secret_keys::list_unopened_keys;

use crate::State;

/// What readiness consists of; `None`: well.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    starting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migrations: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<String>,
    /// How the inbox stands. Whatever it is, the service takes more: it is no reason to send them elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Inbox>,
}

/// How the inbox stood when it was last counted, a few seconds ago.
#[derive(Debug, Serialize)]
struct Inbox {
    /// So many wait to be worked on.
    waiting: i64,
    /// How long ago the oldest of these came.
    oldest_seconds: i64,
    /// So many could not be worked on.
    dead_letters: i64,
    /// So many wait for a client or channel.
    quarantined: i64,
}

/// How the inbox stands, if this process has counted.
fn inbox(state: &State) -> Option<Inbox> {
    let counts = state.metrics.webhooks.standing()?;
    let age = counts.oldest.map_or(0, |oldest| state.clock.now().duration_since(oldest).as_secs());
    Some(Inbox {
        waiting: counts.waiting,
        oldest_seconds: age.max(0),
        dead_letters: counts.dead_letters,
        quarantined: counts.quarantined,
    })
}

pub(crate) async fn live() -> &'static str {
    "ok\n"
}

pub(crate) async fn ready(Extract(state): Extract<State>) -> Response {
    let mut readiness = Readiness {
        ready: false,
        starting: state.progress.get(),
        database: None,
        migrations: None,
        keys: None,
        webhooks: inbox(&state),
    };
    if readiness.starting.is_none() {
        look(&state, &mut readiness).await;
    }
    readiness.ready = readiness.starting.is_none()
        && readiness.database.is_none()
        && readiness.migrations.is_none()
        && readiness.keys.is_none();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn look(state: &State, readiness: &mut Readiness) {
    let connection = match state.store.connection().await {
        Ok(connection) => connection,
        Err(error) => {
            tracing::warn!(%error, "not ready");
            readiness.database = Some("cannot be reached; the log says why".to_owned());
            return;
        }
    };
    match list_unopened_keys(connection.executor(), &state.keys).await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => readiness.keys = Some(format!("missing: {}", missing.join(", "))),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            readiness.database = Some("does not answer as expected; the log says why".to_owned());
        }
    }
    match state.migrator.status().await {
        Ok(status) if status.is_current() => {}
        Ok(_) => readiness.migrations = Some("not as this release needs them".to_owned()),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            readiness.migrations = Some("cannot be read; the log says why".to_owned());
        }
    }
}
