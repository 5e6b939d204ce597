use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::legacy::Facts;
use trunkline_core::secrets::{KeyRing, Secret};

use super::SourceRow;
use super::tables::{TABLES, Tables};
use crate::{Executor, StoreError};

/// A channel of the partner tables, with its client.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) row: i32,
    pub(super) client_row: i32,
    pub(super) facts: Facts,
    pub(super) status: String,
    /// Ciphertext.
    pub(super) secret: Option<String>,
    pub(super) updated_at: Timestamp,
    /// Nothing is in the columns that only the provider fills.
    pub(super) is_untouched: bool,
}

impl Stored {
    /// Its secret, where it has one that opens.
    pub(super) fn opened(&self, ring: &KeyRing) -> Option<Secret> {
        let tables = TABLES.iter().find(|tables| tables.provider == self.facts.provider)?;
        ring.open(&tables.place(&self.row.to_string()), self.secret.as_ref()?).ok()
    }

    /// Whether its secret opens and is this one.
    pub(super) fn has_secret(&self, ring: &KeyRing, secret: &Secret) -> bool {
        self.opened(ring).is_some_and(|found| found.expose() == secret.expose())
    }
}

/// What the partner tables hold of what a batch speaks of.
#[derive(Debug, Default)]
pub(super) struct Existing {
    channels: Vec<Stored>,
    by_key: HashMap<(Provider, String), usize>,
    by_row: HashMap<(Provider, i32), usize>,
    /// The id and the company of a client, by its key.
    clients: HashMap<(Provider, String), (i32, i32)>,
}

impl Existing {
    /// Looks for what these rows name, and for what was made of them before.
    pub(super) async fn of(executor: Executor<'_>, rows: &[SourceRow]) -> Result<Self, StoreError> {
        let mut existing = Self::default();
        for tables in &TABLES {
            let of_provider = || {
                rows.iter()
                    .filter_map(|row| Some((row, row.reading.as_ref().ok()?)))
                    .filter(|(_, channel)| channel.facts.provider == tables.provider)
            };
            let channels: Vec<&str> =
                of_provider().map(|(_, channel)| channel.facts.channel_id.as_str()).collect();
            if channels.is_empty() {
                continue;
            }
            let clients: BTreeSet<&str> =
                of_provider().map(|(_, channel)| channel.facts.client_id.as_str()).collect();
            let clients: Vec<&str> = clients.into_iter().collect();
            let made: Vec<i32> = of_provider()
                .filter_map(|(row, _)| Some(row.record.as_ref()?.channel_row))
                .collect();
            for stored in channels_where(executor, tables, &channels, &made, "").await? {
                existing.add(stored);
            }
            existing.add_clients(executor, tables, &clients).await?;
        }
        Ok(existing)
    }

    fn add(&mut self, stored: Stored) {
        let (provider, place) = (stored.facts.provider, self.channels.len());
        self.by_key.insert((provider, stored.facts.channel_id.clone()), place);
        self.by_row.insert((provider, stored.row), place);
        self.channels.push(stored);
    }

    async fn add_clients(
        &mut self,
        executor: Executor<'_>,
        tables: &Tables,
        keys: &[&str],
    ) -> Result<(), StoreError> {
        let Tables { schema, clients, client_key, provider, .. } = tables;
        let query = format!(
            "SELECT {client_key}, id, company_id
            FROM {schema}.{clients}
            WHERE {client_key} = ANY ($1)"
        );
        for row in executor.rows("look for clients", &query, &[&keys]).await? {
            self.clients.insert((*provider, row.get(0)), (row.get(1), row.get(2)));
        }
        Ok(())
    }

    pub(super) fn channel(&self, facts: &Facts) -> Option<&Stored> {
        let place = self.by_key.get(&(facts.provider, facts.channel_id.clone()))?;
        self.channels.get(*place)
    }

    pub(super) fn channel_of_row(&self, provider: Provider, row: i32) -> Option<&Stored> {
        self.channels.get(*self.by_row.get(&(provider, row))?)
    }

    /// The id and the company of the client.
    pub(super) fn client(&self, facts: &Facts) -> Option<(i32, i32)> {
        self.clients.get(&(facts.provider, facts.client_id.clone())).copied()
    }
}

/// The channels with one of these keys or ids; `lock` is how they are locked, if they are.
pub(super) async fn channels_where(
    executor: Executor<'_>,
    tables: &Tables,
    keys: &[&str],
    rows: &[i32],
    lock: &str,
) -> Result<Vec<Stored>, StoreError> {
    let Tables { schema, clients, client_key, channels, channel_key, secret, provider, .. } =
        tables;
    let webhook = tables.webhook("channel");
    let query = format!(
        "SELECT channel.id, channel.client_id, client.company_id, client.{client_key}, channel.{channel_key},
            channel.phone_number, channel.display_name, {webhook}, channel.status, channel.{secret}, channel.updated_at,
            channel.provider_status IS NULL AND channel.provider_quality_rating IS NULL
                AND channel.quality_rating = 'unknown' AND channel.messaging_limit IS NULL
                AND channel.provider_messaging_limit IS NULL AND channel.messaging_limit_scope IS NULL
        FROM {schema}.{channels} AS channel
        JOIN {schema}.{clients} AS client ON client.id = channel.client_id
        WHERE channel.{channel_key} = ANY ($1) OR channel.id = ANY ($2)
        ORDER BY channel.id
        {lock}"
    );
    let found = executor.rows("look for channels", &query, &[&keys, &rows]).await?;
    let stored = |row: &Row| Stored {
        row: row.get(0),
        client_row: row.get(1),
        facts: Facts {
            provider: *provider,
            company_id: row.get(2),
            client_id: row.get(3),
            channel_id: row.get(4),
            phone_number: row.get(5),
            display_name: row.get(6),
            webhook_url: row.get(7),
        },
        status: row.get(8),
        secret: row.get(9),
        updated_at: row.get(10),
        is_untouched: row.get(11),
    };
    Ok(found.iter().map(stored).collect())
}
