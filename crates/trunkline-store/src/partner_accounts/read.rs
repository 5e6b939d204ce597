use trunkline_core::Provider;

use super::PartnerAccount;
use crate::database::Parameters;
use crate::{Executor, StoreError, Window};

/// Everything of an account but the bytes of its logo.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
        SELECT id, provider, partner_id, partner_api_key, partner_secret, webhook_verify_token,
            access_token, config_id, partner_webhook_url, redirect_url, public_profile, is_active,
            is_default, created_at, updated_at, slug, label, graph_version, base_url, webhook_header,
            logo_type, octet_length(logo) AS logo_length, checked_at, check_findings
        FROM public.partner_configurations
        JOIN trunkline.partner_account_details ON partner_configuration_id = id",
            $rest
        )
    };
}

/// Which accounts a list has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Of this provider alone.
    pub provider: Option<Provider>,
    /// In use, or not.
    pub is_active: Option<bool>,
}

/// Accounts by id.
pub async fn list_partner_accounts(
    executor: Executor<'_>,
    filter: Filter,
    window: &Window<i32>,
) -> Result<Vec<PartnerAccount>, StoreError> {
    let query = select!(
        "
        WHERE ($1::TEXT IS NULL OR provider = $1)
            AND ($2::BOOLEAN IS NULL OR is_active = $2)
            AND id > $3
        ORDER BY id
        LIMIT $4"
    );
    let provider = filter.provider.map(Provider::as_str);
    let after = window.after.unwrap_or(i32::MIN);
    let parameters: Parameters<'_> = &[&provider, &filter.is_active, &after, &window.rows()];
    let rows = executor.rows("list partner accounts", query, parameters).await?;
    rows.iter().map(PartnerAccount::read).collect()
}

/// The account with this id.
pub async fn find_partner_account(
    executor: Executor<'_>,
    id: i32,
) -> Result<Option<PartnerAccount>, StoreError> {
    let query = select!(
        "
        WHERE id = $1"
    );
    let row = executor.row("look for a partner account", query, &[&id]).await?;
    row.as_ref().map(PartnerAccount::read).transpose()
}

/// The account with this id, which nobody else changes until the transaction ends.
pub async fn get_partner_account_for_update(
    executor: Executor<'_>,
    id: i32,
) -> Result<Option<PartnerAccount>, StoreError> {
    let query = select!(
        "
        WHERE id = $1
        FOR UPDATE OF partner_configurations, partner_account_details"
    );
    let row = executor.row("look for a partner account", query, &[&id]).await?;
    row.as_ref().map(PartnerAccount::read).transpose()
}
