use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::legacy::{ADDRESS, Facts};
use trunkline_core::secrets::{KeyRing, Secret};

use super::SourceRow;
use super::judge::Judge;
use super::platform::Record;
use super::tables::{TABLES, Tables};
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// The statuses of a channel that its company has left.
const LEFT: [&str; 3] = ["disconnected", "migrated", "deleted"];

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
    /// What a row says, as far as it is the row's to say: once the provider was heard of the channel, name and number are
    /// the provider's, and of a sender of Twilio's one may know the SID, and the other only the number.
    pub(super) fn told(&self, facts: &Facts) -> Facts {
        let mut told = facts.clone();
        if !self.is_untouched {
            told.phone_number.clone_from(&self.facts.phone_number);
            told.display_name.clone_from(&self.facts.display_name);
        }
        let address = self.facts.address();
        let known_by = [&facts.channel_id, &self.facts.channel_id];
        if address == facts.address() && address.is_some_and(|it| known_by.contains(&&it)) {
            told.channel_id.clone_from(&self.facts.channel_id);
        }
        told
    }

    /// Its own facts, and the row's where it has none.
    pub(super) fn filled(&self, facts: &Facts) -> Facts {
        let mut filled = self.facts.clone();
        filled.phone_number = filled.phone_number.or_else(|| facts.phone_number.clone());
        filled.display_name = filled.display_name.or_else(|| facts.display_name.clone());
        filled.webhook_url = filled.webhook_url.or_else(|| facts.webhook_url.clone());
        filled
    }

    /// Whether these facts are of this channel, and of its company.
    pub(super) fn is_of(&self, facts: &Facts) -> bool {
        let (told, there) = (self.told(facts), &self.facts);
        (told.provider, &told.channel_id, told.company_id)
            == (there.provider, &there.channel_id, there.company_id)
    }

    /// Whether somebody here changed it since; of one that the provider was heard of only the address of its webhooks
    /// can have been changed by somebody.
    pub(super) fn is_changed_since(&self, record: &Record, told: &Facts) -> bool {
        if self.is_untouched {
            self.facts.checksum() != record.checksum
        } else {
            self.facts.webhook_url != told.webhook_url
        }
    }

    /// Whether its company has left it, so that its number is free.
    pub(super) fn is_left(&self) -> bool {
        LEFT.contains(&self.status.as_str())
    }

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

/// A channel that an import made.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) record: &'a Record,
    pub(super) stored: &'a Stored,
    /// It was made of this row, not of another that contends for it.
    pub(super) is_own: bool,
}

/// What the partner tables hold of what a batch speaks of.
#[derive(Debug, Default)]
pub(super) struct Existing {
    channels: Vec<Stored>,
    by_key: HashMap<(Provider, String), usize>,
    by_row: HashMap<(Provider, i32), usize>,
    /// The id and the company of a client, by its key.
    clients: HashMap<(Provider, String), (i32, i32)>,
    /// Of channels that were made of other rows than the winners of this batch: those rows' records.
    makers: HashMap<(Provider, i32), Record>,
    /// Which companies have a number in use, of rows that were not imported yet.
    numbers: HashMap<String, Vec<i32>>,
}

impl Existing {
    /// Looks for what these rows name, and for what was made of them before.
    pub(super) async fn of(
        executor: Executor<'_>,
        judge: Judge<'_>,
        rows: &[SourceRow],
    ) -> Result<Self, StoreError> {
        let mut existing = Self::default();
        for tables in &TABLES {
            existing.add_provider(executor, tables, rows).await?;
            existing.add_makers(executor, judge, tables, rows).await?;
        }
        existing.add_numbers(executor, rows).await?;
        Ok(existing)
    }

    async fn add_provider(
        &mut self,
        executor: Executor<'_>,
        tables: &Tables,
        rows: &[SourceRow],
    ) -> Result<(), StoreError> {
        let facts = || {
            let read = rows.iter().filter_map(|row| Some(&row.reading.as_ref().ok()?.facts));
            read.filter(|facts| facts.provider == tables.provider)
        };
        let mut keys: Vec<Cow<'_, str>> =
            facts().map(|facts| facts.channel_id.as_str().into()).collect();
        let with_sid = facts().filter_map(|facts| {
            facts.address().filter(|address| *address != facts.channel_id).map(Cow::Owned)
        });
        keys.extend(with_sid);
        let made = rows.iter().filter_map(|row| row.record.as_ref());
        let made = made.filter(|record| record.provider == tables.provider);
        let made: Vec<i32> = made.map(|record| record.channel_row).collect();
        if keys.is_empty() && made.is_empty() {
            return Ok(());
        }
        for stored in channels_where(executor, tables, &keys, &made, "").await? {
            self.add(stored);
        }
        let clients: BTreeSet<&str> = facts().map(|facts| facts.client_id.as_str()).collect();
        let clients: Vec<&str> = clients.into_iter().collect();
        self.add_clients(executor, tables, &clients).await
    }

    /// Looks for the records of channels that rows of this batch win from others.
    async fn add_makers(
        &mut self,
        executor: Executor<'_>,
        judge: Judge<'_>,
        tables: &Tables,
        rows: &[SourceRow],
    ) -> Result<(), StoreError> {
        let won: Vec<i32> = rows
            .iter()
            .filter(|row| judge.is_winner(row))
            .filter_map(|row| Some(&row.reading.as_ref().ok()?.facts))
            .filter(|facts| facts.provider == tables.provider)
            .filter_map(|facts| Some(self.channel(facts)?.row))
            .collect();
        if won.is_empty() {
            return Ok(());
        }
        let query = "
            SELECT client_row, channel_row, made_client, made_channel, was_active, checksum, secret_fingerprint, provider,
                imported_at
            FROM trunkline.import_sources
            WHERE source = $1 AND provider = $2 AND channel_row = ANY ($3) AND made_channel";
        let parameters: Parameters<'_> = &[&judge.source, &tables.provider.as_str(), &won];
        let found = executor.rows("look for rows that channels came of", query, parameters).await?;
        let records = found.iter().filter_map(|row| Record::of(row, 0));
        self.makers.extend(records.map(|record| ((record.provider, record.channel_row), record)));
        Ok(())
    }

    /// Looks for companies that have the number of a new or changed row already, at whichever provider; who left it has it
    /// no more.
    async fn add_numbers(
        &mut self,
        executor: Executor<'_>,
        rows: &[SourceRow],
    ) -> Result<(), StoreError> {
        let numbers = rows.iter().filter_map(|row| {
            let facts = &row.reading.as_ref().ok()?.facts;
            let record = row.record.as_ref();
            let is_same = record.is_some_and(|record| record.checksum == facts.checksum());
            facts.phone_number.as_deref().filter(|_| !is_same)
        });
        let numbers: HashSet<&str> = numbers.collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let numbers: Vec<&str> = numbers.into_iter().collect();
        let query = "
            SELECT phone_number, company_id
            FROM trunkline.listed_channels
            WHERE coalesce(phone_number, '') COLLATE \"C\" = ANY ($1)
                AND status <> ALL ($2)";
        for row in executor.rows("look for numbers", query, &[&numbers, &LEFT.as_slice()]).await? {
            self.numbers.entry(row.get(0)).or_default().push(row.get(1));
        }
        Ok(())
    }

    fn add(&mut self, stored: Stored) {
        let (provider, place) = (stored.facts.provider, self.channels.len());
        self.by_key.insert((provider, stored.facts.channel_id.clone()), place);
        self.by_row.insert((provider, stored.row), place);
        if let Some(address) = stored.facts.address() {
            let known = self.by_key.entry((provider, address)).or_insert(place);
            // Of several senders of one number, those that were left are asked last.
            if self.channels.get(*known).is_some_and(Stored::is_left) {
                *known = place;
            }
        }
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
        let of_key = |key: String| self.channels.get(*self.by_key.get(&(facts.provider, key))?);
        of_key(facts.channel_id.clone()).or_else(|| {
            // A sender of Twilio's whose SID is not known here yet.
            let address = facts.address()?;
            of_key(address.clone()).filter(|stored| stored.facts.channel_id == address)
        })
    }

    pub(super) fn channel_of_row(&self, provider: Provider, row: i32) -> Option<&Stored> {
        self.channels.get(*self.by_row.get(&(provider, row))?)
    }

    /// The channel that an import made of a row, or of another row from which this one wins it.
    pub(super) fn made<'a>(&'a self, row: &'a SourceRow) -> Option<Made<'a>> {
        if let Some(record) = row.record.as_ref().filter(|record| record.made_channel) {
            let stored = self.channel_of_row(record.provider, record.channel_row)?;
            return Some(Made { record, stored, is_own: true });
        }
        let stored = self.channel(&row.reading.as_ref().ok()?.facts)?;
        let record = self.makers.get(&(stored.facts.provider, stored.row))?;
        Some(Made { record, stored, is_own: false })
    }

    /// The channel of a row that no import made: the one that it is recorded with, or that has its key.
    pub(super) fn adopted(&self, row: &SourceRow) -> Option<&Stored> {
        let record = row.record.as_ref();
        record
            .and_then(|record| self.channel_of_row(record.provider, record.channel_row))
            .or_else(|| self.channel(&row.reading.as_ref().ok()?.facts))
    }

    /// Another company that has the number.
    pub(super) fn holder(&self, facts: &Facts) -> Option<i32> {
        let companies = self.numbers.get(facts.phone_number.as_deref()?)?;
        companies.iter().copied().find(|company| *company != facts.company_id)
    }

    /// The id and the company of the client.
    pub(super) fn client(&self, facts: &Facts) -> Option<(i32, i32)> {
        self.clients.get(&(facts.provider, facts.client_id.clone())).copied()
    }
}

/// The channels with one of these keys or ids; `lock` is how they are locked, if they are. An address is also the key of
/// the sender that has its number.
pub(super) async fn channels_where(
    executor: Executor<'_>,
    tables: &Tables,
    keys: &[Cow<'_, str>],
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
        WHERE channel.{channel_key} = ANY ($1) OR channel.id = ANY ($2) OR channel.phone_number = ANY ($3)
        ORDER BY channel.id
        {lock}"
    );
    let numbers: Vec<&str> = keys.iter().filter_map(|key| key.strip_prefix(ADDRESS)).collect();
    let found = executor.rows("look for channels", &query, &[&keys, &rows, &numbers]).await?;
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
