use jiff::Timestamp;
use serde_json::{Value, json};
use trunkline_core::Role;
use trunkline_store::one_time_links::{LinkPurpose, delete_links};
use trunkline_store::sessions::delete_sessions;
use trunkline_store::users::{User, update_user_role};
use trunkline_store::{Executor, StoreError};

/// Changes the role of a user, whom the transaction has locked; what the audit log has before and after.
///
/// An admin may hold a password link of anybody but an owner, or a session that began with one: whoever
/// becomes an owner leaves both behind and signs in anew.
pub(crate) async fn change_role(
    executor: Executor<'_>,
    user: &User,
    role: Role,
    now: Timestamp,
) -> Result<(Option<Value>, Option<Value>), StoreError> {
    update_user_role(executor, user.id, role, now).await?;
    let mut after = json!({ "role": role });
    if role == Role::Owner {
        delete_links(executor, LinkPurpose::Password(user.id)).await?;
        after["sessions_ended"] = delete_sessions(executor, user.id, None).await?.into();
    }
    Ok((Some(json!({ "role": user.role })), Some(after)))
}
