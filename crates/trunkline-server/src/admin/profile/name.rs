use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::users::update_user_name;

use super::super::form::{Errors, Form};
use super::super::{PageProblem, redirect_with_toast};
use super::page;
use crate::State;
use crate::auth::Administrator;
use crate::people::parse_name;

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct NameForm {
    #[serde(default)]
    name: String,
}

/// Changes one's own name.
pub(super) async fn change(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
    Form(form): Form<NameForm>,
) -> Result<Response, PageProblem> {
    let name = match parse_name(&form.name) {
        Ok(name) => name,
        Err(message) => {
            let errors = Errors::one("name", message);
            let page = page(&state, &administrator, &headers, form.name, errors).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (session, now) = (&administrator.session, state.clock.now());
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    update_user_name(executor, session.user_id, &name, now).await?;
    let act = Act {
        before: Some(json!({ "name": session.name })),
        after: Some(json!({ "name": name })),
        ..Act::on_user("user.renamed", session.user_id)
    };
    insert_audit_entry(executor, &administrator.actor(), &act, now).await?;
    transaction.commit().await?;
    Ok(redirect_with_toast("/admin/profile", "Name saved"))
}
