use axum::extract::State as Extract;
use axum::response::Response;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::sessions::delete_session;

use super::{PageProblem, redirect_with_toast};
use crate::State;
use crate::auth::{Administrator, set_session_cookie};

/// Ends the session. Whoever is signed out already is told the same.
pub(crate) async fn sign_out(
    Extract(state): Extract<State>,
    administrator: Option<Administrator>,
) -> Result<Response, PageProblem> {
    if let Some(administrator) = administrator {
        let session = &administrator.session;
        let mut connection = state.store.connection().await?;
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        delete_session(executor, session.user_id, session.id).await?;
        let act = Act::on_user("user.signed_out", session.user_id);
        insert_audit_entry(executor, &administrator.actor(), &act, state.clock.now()).await?;
        transaction.commit().await?;
    }
    let mut response = redirect_with_toast("/admin/sign-in", "Signed out");
    set_session_cookie(&mut response, &state.settings, None);
    Ok(response)
}
