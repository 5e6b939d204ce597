//! Clients: the companies' accounts at every provider, as one list.

mod account;
mod list;
#[cfg(test)]
mod plans;

use jiff::Timestamp;
use serde::Deserialize;
use trunkline_core::{ClientStatus, Provider, Scope};

pub use account::{Binding, account_of_client, bind_clients, depend_on_account};
pub use list::{ClientField, ClientFilter, list_clients};

use crate::database::Parameters;
use crate::listed::{Document, KeyValue, ListKey, QualifiedId, read_counts};
use crate::{Executor, StoreError};

/// A company's account at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// Its id among all providers.
    pub id: QualifiedId,
    /// What the provider calls it.
    pub provider_id: String,
    /// The company whose it is.
    pub company_id: i32,
    /// Its name at the provider.
    pub name: Option<String>,
    /// How it stands.
    pub status: ClientStatus,
    /// The provider's own word.
    pub provider_status: Option<String>,
    /// The partner account that it belongs to; `None`: not known, and the provider's default account serves it.
    pub partner_account_id: Option<i32>,
    /// When the company finished onboarding.
    pub onboarded_at: Option<Timestamp>,
    /// When it was first written down.
    pub created_at: Timestamp,
    /// When anything of it changed.
    pub updated_at: Timestamp,
}

impl Client {
    /// Where it stands in a list of this order.
    pub fn key(&self, order: ClientField) -> ListKey {
        let time = match order {
            ClientField::UpdatedAt => self.updated_at,
            ClientField::CreatedAt => self.created_at,
        };
        ListKey { value: KeyValue::Time(time), provider: self.id.provider, id: self.id.number }
    }
}

/// The client with this id, if the scope includes it.
pub async fn find_client(
    executor: Executor<'_>,
    id: QualifiedId,
    scope: Scope,
) -> Result<Option<Document<Client>>, StoreError> {
    let query = "
        SELECT concat(left(document, -1), ',\"partner_account_id\":', coalesce(partner_account_id::TEXT, 'null'), '}')
        FROM trunkline.listed_clients
        WHERE provider = $1 AND id = $2 AND ($3::INTEGER IS NULL OR company_id = $3)";
    let parameters: Parameters<'_> = &[&id.provider.as_str(), &id.number, &scope.company()];
    let row = executor.row("look for a client", query, parameters).await?;
    Ok(row.as_ref().map(Document::from_row))
}

/// How many clients a company has, by provider.
pub async fn count_clients(
    executor: Executor<'_>,
    company_id: i32,
) -> Result<Vec<(Provider, i64)>, StoreError> {
    let query = "
        SELECT provider, count(*) AS count
        FROM trunkline.listed_clients
        WHERE company_id = $1
        GROUP BY provider";
    read_counts(&executor.rows("count a company's clients", query, &[&company_id]).await?)
}
