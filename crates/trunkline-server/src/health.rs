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
