use trunkline_store::StoreError;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use trunkline_store::one_time_links::LinkPurpose;
use trunkline_store::users::{has_users, lock_users};

use super::People;

impl People<'_> {
    /// A link with which the first user is made, in place of older ones; `None` once there is a user.
    ///
    /// The service prints one at every start until somebody has used it.
    pub async fn setup_link(&self) -> Result<Option<String>, StoreError> {
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        if has_users(connection.executor()).await? {
            return Ok(None);
        }
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        lock_users(executor).await?;
        if has_users(executor).await? {
            return Ok(None);
        }
        let link = self.make_link(executor, LinkPurpose::Setup, now).await?;
        let act = Act { action: "setup_link.created", object_kind: "setup_link", ..Act::default() };
        insert_audit_entry(executor, &self.actor, &act, now).await?;
        transaction.commit().await?;
        Ok(Some(link))
    }
}
