use askama::Template;
use serde_json::Value;
use trunkline_store::Transaction;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::users::User;

use super::super::Frame;
use crate::State;
use crate::auth::Administrator;
use crate::problem::Problem;

/// Asks before something is done to a user.
#[derive(Template)]
#[template(path = "user_confirm.html")]
pub(super) struct ConfirmPage {
    pub frame: Frame,
    pub heading: String,
    pub text: &'static str,
    pub target: String,
    pub does: &'static str,
    pub look: &'static str,
    pub leads_back: String,
}

/// The page of a user.
pub(super) fn page_of(user: &User) -> String {
    format!("/admin/users/{}", user.id)
}

/// Writes the audit log and makes it all last.
pub(super) async fn record(
    transaction: Transaction<'_>,
    state: &State,
    who: &Administrator,
    user: &User,
    action: &str,
    (before, after): (Option<Value>, Option<Value>),
) -> Result<(), Problem> {
    let act = Act { before, after, ..Act::on_user(action, user.id) };
    let (actor, now) = (who.actor(), state.clock.now());
    insert_audit_entry(transaction.executor(), &actor, &act, now).await?;
    Ok(transaction.commit().await?)
}
