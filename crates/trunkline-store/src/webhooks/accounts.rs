use trunkline_core::Provider;

use crate::row::word;
use crate::{Executor, StoreError};

/// What of a partner account verifies its webhooks. Secrets are ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivingAccount {
    /// Its id.
    pub id: i32,
    /// Whose it is.
    pub provider: Provider,
    /// The account in the path of its webhook URLs.
    pub slug: String,
    /// The provider's id of the account.
    pub partner_id: String,
    /// Meta's app secret, 360dialog's platform secret.
    pub partner_secret: Option<String>,
    /// Meta's verify token, the value of 360dialog's custom header, the secret of Twilio's shared key.
    pub webhook_verify_token: Option<String>,
    /// Twilio: the id of the shared key.
    pub config_id: Option<String>,
    /// Twilio's auth token.
    pub access_token: Option<String>,
    /// 360dialog: the name of the custom header.
    pub webhook_header: Option<String>,
}

/// Every account: there are few, and one that is not in use still receives.
pub async fn list_receiving_accounts(
    executor: Executor<'_>,
) -> Result<Vec<ReceivingAccount>, StoreError> {
    let query = "
        SELECT id, provider, slug, partner_id, partner_secret, webhook_verify_token, config_id,
            access_token, webhook_header
        FROM public.partner_configurations
        JOIN trunkline.partner_account_details ON partner_configuration_id = id";
    let rows = executor.rows("list the accounts that receive webhooks", query, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(ReceivingAccount {
            id: row.get("id"),
            provider: word(row, "provider")?,
            slug: row.get("slug"),
            partner_id: row.get("partner_id"),
            partner_secret: row.get("partner_secret"),
            webhook_verify_token: row.get("webhook_verify_token"),
            config_id: row.get("config_id"),
            access_token: row.get("access_token"),
            webhook_header: row.get("webhook_header"),
        })
    };
    rows.iter().map(read).collect()
}

/// The auth tokens of a Twilio subaccount, each with the id of the sender at which it stands; ciphertext.
///
/// Every sender of a subaccount has the same one, unless it was replaced half-way: the newest come first.
pub async fn list_subaccount_tokens(
    executor: Executor<'_>,
    account_sid: &str,
) -> Result<Vec<(i32, String)>, StoreError> {
    let query = "
        SELECT sender.id, sender.auth_token
        FROM trunkline.twilio_clients AS client
        JOIN trunkline.twilio_senders AS sender ON sender.client_id = client.id
        WHERE client.account_sid = $1 AND sender.auth_token IS NOT NULL
        ORDER BY sender.updated_at DESC
        LIMIT 5";
    let rows = executor.rows("look for a subaccount's token", query, &[&account_sid]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
