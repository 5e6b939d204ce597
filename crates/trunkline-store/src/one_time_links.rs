//! Links that let somebody in once. What stands in a link stands nowhere, only its hash.

use jiff::Timestamp;

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To make the first user.
    Setup,
    /// To choose a password, for this user.
    Password(i32),
}

impl LinkPurpose {
    const fn parts(self) -> (&'static str, Option<i32>) {
        match self {
            Self::Setup => ("setup", None),
            Self::Password(user_id) => ("password", Some(user_id)),
        }
    }

    fn from_parts(user_id: Option<i32>) -> Self {
        user_id.map_or(Self::Setup, Self::Password)
    }
}

/// A link that still lets somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeLink {
    /// What for.
    pub purpose: LinkPurpose,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Adds a link; older ones for the same purpose no longer let anybody in.
pub async fn replace_link(
    executor: Executor<'_>,
    purpose: LinkPurpose,
    token_hash: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    delete_links(executor, purpose).await?;
    let (word, user_id) = purpose.parts();
    let query = "
        INSERT INTO trunkline.one_time_links (token_hash, purpose, user_id, expires_at, created_at)
        VALUES ($1, $2, $3, $4, $5)";
    let parameters: Parameters<'_> = &[&token_hash, &word, &user_id, &expires_at, &now];
    executor.execute("add a one-time link", query, parameters).await?;
    Ok(())
}

/// Takes every link for this purpose away.
pub async fn delete_links(executor: Executor<'_>, purpose: LinkPurpose) -> Result<(), StoreError> {
    let (word, user_id) = purpose.parts();
    let query = "
        DELETE FROM trunkline.one_time_links
        WHERE purpose = $1 AND user_id IS NOT DISTINCT FROM $2";
    executor.execute("take one-time links away", query, &[&word, &user_id]).await?;
    Ok(())
}

/// The link of a token, unless it was used, replaced, or has expired.
pub async fn find_link(
    executor: Executor<'_>,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<OneTimeLink>, StoreError> {
    let query = "
        SELECT user_id, expires_at
        FROM trunkline.one_time_links
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2";
    let row = executor.row("look for a one-time link", query, &[&token_hash, &now]).await?;
    Ok(row.map(|row| OneTimeLink {
        purpose: LinkPurpose::from_parts(row.get(0)),
        expires_at: row.get(1),
    }))
}

/// Uses a link up and says what it was for; `None` if it does not let anybody in, or no longer.
pub async fn use_link(
    executor: Executor<'_>,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<LinkPurpose>, StoreError> {
    let query = "
        UPDATE trunkline.one_time_links
        SET used_at = $2
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
        RETURNING user_id";
    let row = executor.row("use a one-time link up", query, &[&token_hash, &now]).await?;
    Ok(row.map(|row| LinkPurpose::from_parts(row.get(0))))
}
