//! Clients: the companies' accounts at every provider, as one list.

mod list;
#[cfg(test)]
mod plans;
mod tables;

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::{ClientStatus, Provider, Scope};

pub use list::{ClientField, ClientFilter, list_clients};

use crate::merged::{KeyValue, ListKey, QualifiedId, read_provider, unknown_word};
use crate::{Executor, StoreError};

/// A company's account at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// When the company finished onboarding.
    pub onboarded_at: Option<Timestamp>,
    /// When it was first written down.
    pub created_at: Timestamp,
    /// When anything of it changed.
    pub updated_at: Timestamp,
}

impl Client {
    /// Reads a row by the order of [`tables::Table::columns`]: names are looked for one by one.
    fn read(row: &Row) -> Result<Self, StoreError> {
        let provider = read_provider(row.get(0))?;
        let status: &str = row.get(5);
        Ok(Self {
            id: QualifiedId { provider, number: row.get(1) },
            company_id: row.get(2),
            provider_id: row.get(3),
            name: row.get(4),
            status: status.parse().map_err(|_| unknown_word("status", status))?,
            provider_status: row.get(6),
            onboarded_at: row.get(7),
            created_at: row.get(8),
            updated_at: row.get(9),
        })
    }

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
) -> Result<Option<Client>, StoreError> {
    let query = tables::Table::of(id.provider).one();
    let parameters: crate::database::Parameters<'_> = &[&id.number, &scope.company()];
    let row = executor.row("look for a client", &query, parameters).await?;
    row.as_ref().map(Client::read).transpose()
}

/// How many clients a company has, by provider.
pub async fn count_clients(
    executor: Executor<'_>,
    company_id: i32,
) -> Result<Vec<(Provider, i64)>, StoreError> {
    let query = "
        SELECT
            (SELECT count(*)
            FROM public.dialog_360_clients
            WHERE company_id = $1),
            (SELECT count(*)
            FROM public.meta_whatsapp_clients
            WHERE company_id = $1),
            (SELECT count(*)
            FROM trunkline.twilio_clients
            WHERE company_id = $1)";
    let row = executor.row("count a company's clients", query, &[&company_id]).await?;
    let counts = row.iter().flat_map(|row| {
        Provider::ALL.iter().enumerate().map(|(index, provider)| (*provider, row.get(index)))
    });
    Ok(counts.collect())
}
