use jiff::Timestamp;

use crate::{Executor, StoreError};

/// An uploaded logo, as it was checked and written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// `image/png` or `image/jpeg`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The logo of an account.
pub async fn find_logo(executor: Executor<'_>, id: i32) -> Result<Option<Logo>, StoreError> {
    let query = "
        SELECT logo, logo_type
        FROM trunkline.partner_account_details
        WHERE partner_configuration_id = $1 AND logo IS NOT NULL";
    let row = executor.row("look for a logo", query, &[&id]).await?;
    Ok(row.map(|row| Logo { content_type: row.get("logo_type"), bytes: row.get("logo") }))
}

/// Writes the logo of an account, or takes it away.
pub async fn update_logo(
    executor: Executor<'_>,
    id: i32,
    logo: Option<&Logo>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.partner_account_details
        SET logo = $2, logo_type = $3
        WHERE partner_configuration_id = $1";
    let (bytes, kind) = (logo.map(|logo| &logo.bytes), logo.map(|logo| &logo.content_type));
    executor.execute("write a logo", query, &[&id, &bytes, &kind]).await?;
    let query = "
        UPDATE public.partner_configurations
        SET updated_at = $2
        WHERE id = $1";
    executor.execute("note that a partner account changed", query, &[&id, &now]).await?;
    Ok(())
}
