use axum::extract::{Path, State as Extract};
use axum::response::Response;
use serde_json::json;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::sessions::{delete_session, delete_sessions};

use super::super::{PageProblem, redirect_with_toast};
use super::lock_self;
use crate::State;
use crate::auth::Administrator;
use crate::problem::Problem;

/// Ends one of one's own sessions.
pub(super) async fn end(
    Extract(state): Extract<State>,
    administrator: Administrator,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let id: i32 = id.parse().map_err(|_| Problem::not_found("session"))?;
    end_sessions(&state, &administrator, Some(id)).await?;
    Ok(redirect_with_toast("/admin/profile", "Session ended"))
}

/// Ends all of them but the present one.
pub(super) async fn end_others(
    Extract(state): Extract<State>,
    administrator: Administrator,
) -> Result<Response, PageProblem> {
    end_sessions(&state, &administrator, None).await?;
    Ok(redirect_with_toast("/admin/profile", "Every other session has ended"))
}

async fn end_sessions(
    state: &State,
    administrator: &Administrator,
    id: Option<i32>,
) -> Result<(), PageProblem> {
    let session = &administrator.session;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    // Against a sign-in at this moment, whose session would begin unseen.
    lock_self(executor, administrator).await?;
    let ended = match id {
        Some(id) => u64::from(delete_session(executor, session.user_id, id).await?),
        None => delete_sessions(executor, session.user_id, Some(session.id)).await?,
    };
    if id.is_some() && ended == 0 {
        return Err(Problem::not_found("session").into());
    }
    let act = Act {
        after: Some(json!({ "sessions_ended": ended })),
        ..Act::on_user("user.sessions_ended", session.user_id)
    };
    insert_audit_entry(executor, &administrator.actor(), &act, state.clock.now()).await?;
    transaction.commit().await?;
    Ok(())
}
