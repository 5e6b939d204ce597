use serde_json::json;
use trunkline_core::Role;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::one_time_links::LinkPurpose;
use trunkline_store::users::{delete_second_factor, find_user_by_email, lock_user};

use super::{Invitation, People, PeopleError, parse_email};

impl People<'_> {
    /// A link with which a user chooses a new password, in place of older ones.
    ///
    /// The present password works until then; the new one ends every session. With
    /// `without_second_factor` the second factor is turned off now, for somebody who lost theirs. Nobody
    /// above `highest` gets one, also if they have risen at this moment.
    pub async fn password_link(
        &self,
        user_id: i32,
        highest: Role,
        without_second_factor: bool,
    ) -> Result<Invitation, PeopleError> {
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        let user = lock_user(executor, user_id).await?.filter(|user| user.role <= highest);
        let user = user.ok_or(PeopleError::NotFound)?;
        if !user.is_active {
            return Err(PeopleError::Inactive);
        }
        let turns_off = without_second_factor && user.has_second_factor;
        if turns_off {
            delete_second_factor(executor, user_id, now).await?;
        }
        let link = self.make_link(executor, LinkPurpose::Password(user_id), now).await?;
        let act = Act {
            after: turns_off.then(|| json!({ "has_second_factor": false })),
            ..Act::on_user("user.password_link_created", user_id)
        };
        insert_audit_entry(executor, &self.actor, &act, now).await?;
        transaction.commit().await?;
        Ok(Invitation { user, link })
    }

    /// The same for whoever has this address.
    pub async fn password_link_of(
        &self,
        email: &str,
        without_second_factor: bool,
    ) -> Result<Invitation, PeopleError> {
        let email = parse_email(email)
            .map_err(|message| PeopleError::Invalid { field: "email", message })?;
        let connection = self.store.connection().await?;
        let user = find_user_by_email(connection.executor(), &email).await?;
        drop(connection);
        let user = user.ok_or(PeopleError::NotFound)?;
        self.password_link(user.id, Role::Owner, without_second_factor).await
    }
}
