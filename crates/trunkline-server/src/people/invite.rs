use serde_json::{Value, json};
use trunkline_core::Role;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::one_time_links::LinkPurpose;
use trunkline_store::users::{NewUser, User, has_users, insert_user, lock_users};

use super::{People, PeopleError, parse_email, parse_name};

/// Somebody who is to be added.
#[derive(Debug, Clone)]
pub struct Newcomer<'a> {
    /// The address to sign in with, in any case.
    pub email: &'a str,
    /// What they are called.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
}

/// Somebody who was added.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Who.
    pub user: User,
    /// Lets them choose a password, once, within a day. To be shown now, since it is kept nowhere.
    pub link: String,
}

/// A user as the audit log has them.
pub(crate) fn describe(user: &User) -> Value {
    json!({
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "is_active": user.is_active,
        "has_second_factor": user.has_second_factor,
    })
}

impl People<'_> {
    /// Adds somebody, who chooses a password by the link that this gives.
    ///
    /// Whether the actor may make such a user is for the caller to look at.
    pub async fn invite(&self, newcomer: &Newcomer<'_>) -> Result<Invitation, PeopleError> {
        let invalid = |field| move |message| PeopleError::Invalid { field, message };
        let name = parse_name(newcomer.name).map_err(invalid("name"))?;
        let email = parse_email(newcomer.email).map_err(invalid("email"))?;
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        lock_users(executor).await?;
        if newcomer.role != Role::Owner && !has_users(executor).await? {
            return Err(PeopleError::FirstIsNoOwner);
        }
        let new = NewUser { email: &email, name: &name, role: newcomer.role, password_hash: None };
        let user = insert_user(executor, &new, now).await.map_err(|error| {
            if error.is_constraint("users_email_key") {
                PeopleError::EmailTaken
            } else {
                error.into()
            }
        })?;
        let link = self.make_link(executor, LinkPurpose::Password(user.id), now).await?;
        let act = Act { after: Some(describe(&user)), ..Act::on_user("user.created", user.id) };
        insert_audit_entry(executor, &self.actor, &act, now).await?;
        transaction.commit().await?;
        Ok(Invitation { user, link })
    }
}
