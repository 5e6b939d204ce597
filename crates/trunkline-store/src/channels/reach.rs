use trunkline_core::Scope;

use crate::database::Parameters;
use crate::{Executor, QualifiedId, StoreError};

/// How a channel is reached at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// What the provider calls the channel.
    pub provider_id: String,
    /// What the provider calls the client.
    pub client_id: String,
    /// The company whose it is.
    pub company_id: i32,
    /// E.164 with the plus sign, where Trunkline wrote it.
    pub phone_number: Option<String>,
    /// `partner_configurations.id` of the account that serves it, see [`crate::clients::account_of_client`].
    pub account_id: Option<i32>,
}

/// How the channel with this id is reached, if the scope includes it.
pub async fn find_reach(
    executor: Executor<'_>,
    id: QualifiedId,
    scope: Scope,
) -> Result<Option<Reach>, StoreError> {
    let query = "
        SELECT channel.provider_id, client.provider_id AS client_id, channel.company_id, channel.phone_number,
            coalesce(client.partner_account_id, trunkline.serving_account(client.provider)) AS account_id
        FROM trunkline.listed_channels AS channel
        JOIN trunkline.listed_clients AS client ON client.provider = channel.provider AND client.id = channel.client_id
        WHERE channel.provider = $1 AND channel.id = $2 AND ($3::INTEGER IS NULL OR channel.company_id = $3)";
    let parameters: Parameters<'_> = &[&id.provider.as_str(), &id.number, &scope.company()];
    let row = executor.row("look for the reach of a channel", query, parameters).await?;
    Ok(row.map(|row| Reach {
        provider_id: row.get("provider_id"),
        client_id: row.get("client_id"),
        company_id: row.get("company_id"),
        phone_number: row.get("phone_number"),
        account_id: row.get("account_id"),
    }))
}
