use jiff::Timestamp;
use serde_json::Value;
use trunkline_core::Provider;

use super::PartnerAccount;
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Adds an account that holds nothing yet but its id at the provider: secrets are sealed for their
/// row, so the row comes first. Gives its id.
pub async fn insert_partner_account(
    executor: Executor<'_>,
    provider: Provider,
    partner_id: &str,
    now: Timestamp,
) -> Result<i32, StoreError> {
    let query = "
        INSERT INTO public.partner_configurations (provider, partner_id, is_active, created_at, updated_at)
        VALUES ($1, $2, false, $3, $3)
        RETURNING id";
    let parameters: Parameters<'_> = &[&provider.as_str(), &partner_id, &now];
    let doing = "add a partner account";
    let row = executor.row(doing, query, parameters).await?;
    let reason = "the row was not added".to_owned();
    row.map(|row| row.get("id")).ok_or(StoreError::Query { doing, reason, code: None })
}

/// Writes everything of an account that can be edited.
pub async fn update_partner_account(
    executor: Executor<'_>,
    account: &PartnerAccount,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE public.partner_configurations
        SET partner_id = $2, partner_api_key = $3, partner_secret = $4, webhook_verify_token = $5,
            access_token = $6, config_id = $7, partner_webhook_url = $8, redirect_url = $9,
            public_profile = $10, is_active = $11, is_default = $12, updated_at = $13
        WHERE id = $1";
    let parameters: Parameters<'_> = &[
        &account.id,
        &account.partner_id,
        &account.partner_api_key,
        &account.partner_secret,
        &account.webhook_verify_token,
        &account.access_token,
        &account.config_id,
        &account.partner_webhook_url,
        &account.redirect_url,
        &account.public_profile,
        &account.is_active,
        &account.is_default,
        &now,
    ];
    executor.execute("write a partner account", query, parameters).await?;
    let query = "
        UPDATE trunkline.partner_account_details
        SET label = $2, graph_version = $3, base_url = $4, webhook_header = $5,
            check_findings = $6, checked_at = $7
        WHERE partner_configuration_id = $1";
    let parameters: Parameters<'_> = &[
        &account.id,
        &account.label,
        &account.graph_version,
        &account.base_url,
        &account.webhook_header,
        &account.check_findings,
        &account.checked_at,
    ];
    executor.execute("write the details of a partner account", query, parameters).await?;
    Ok(())
}

/// Writes what a check at the provider found.
pub async fn update_check(
    executor: Executor<'_>,
    id: i32,
    findings: &Value,
    checked_at: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.partner_account_details
        SET check_findings = $2, checked_at = $3
        WHERE partner_configuration_id = $1";
    executor.execute("write a check", query, &[&id, &findings, &checked_at]).await?;
    Ok(())
}

/// Deletes an account.
pub async fn delete_partner_account(executor: Executor<'_>, id: i32) -> Result<(), StoreError> {
    let query = "
        DELETE FROM public.partner_configurations
        WHERE id = $1";
    executor.execute("delete a partner account", query, &[&id]).await?;
    Ok(())
}
