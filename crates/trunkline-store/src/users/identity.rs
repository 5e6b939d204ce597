use jiff::Timestamp;

use super::User;
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Who somebody is at an OpenID Connect issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// Who it is there, for ever.
    pub subject: &'a str,
}

/// The user whom this identity lets in.
pub async fn find_user_by_identity(
    executor: Executor<'_>,
    identity: Identity<'_>,
) -> Result<Option<User>, StoreError> {
    let query = concat!(
        "SELECT ",
        columns!(),
        " FROM trunkline.users WHERE oidc_issuer = $1 AND oidc_subject = $2"
    );
    let parameters: Parameters<'_> = &[&identity.issuer, &identity.subject];
    let row = executor.row("look for a user", query, parameters).await?;
    row.as_ref().map(User::read).transpose()
}

/// Has an identity let a user in; false if the user has one already.
pub async fn insert_identity(
    executor: Executor<'_>,
    id: i32,
    identity: Identity<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.users
        SET oidc_issuer = $2, oidc_subject = $3, updated_at = $4
        WHERE id = $1 AND oidc_subject IS NULL";
    let parameters: Parameters<'_> = &[&id, &identity.issuer, &identity.subject, &now];
    Ok(executor.execute("link a user with an identity", query, parameters).await? > 0)
}
