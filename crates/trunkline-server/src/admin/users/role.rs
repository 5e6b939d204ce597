use axum::extract::{Path, State as Extract};
use axum::response::Response;
use serde::Deserialize;
use trunkline_core::Role;

use super::super::form::Form;
use super::super::{PageProblem, redirect_with_toast};
use super::act::{page_of, record};
use super::target::{lock_target, require_over};
use crate::State;
use crate::auth::Administrator;
use crate::people::change_role;
use crate::problem::{FieldProblem, Problem};

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct RoleForm {
    #[serde(default)]
    role: String,
}

/// Changes what a user may do, from their next request on; a new owner signs in anew.
pub(super) async fn change(
    Extract(state): Extract<State>,
    administrator: Administrator,
    Path(id): Path<String>,
    Form(form): Form<RoleForm>,
) -> Result<Response, PageProblem> {
    let Ok(role) = form.role.parse::<Role>() else {
        let message = "choose one of viewer, operator, admin and owner".to_owned();
        return Err(Problem::invalid(vec![FieldProblem { field: "role".into(), message }]).into());
    };
    require_over(&administrator, role)?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let user = lock_target(executor, &administrator, &id, role != Role::Owner).await?;
    if user.role != role {
        let change = change_role(executor, &user, role, state.clock.now()).await?;
        let action = "user.role_changed";
        record(transaction, &state, &administrator, &user, action, change).await?;
    }
    Ok(redirect_with_toast(&page_of(&user), &format!("{} is {role} now", user.name)))
}
