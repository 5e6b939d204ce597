use std::collections::{BTreeMap, HashMap, HashSet};

use trunkline_core::Random;
use trunkline_core::legacy::{Choice, Conflict, LegacyChannel};
use trunkline_core::secrets::{KeyRing, Secret};

use super::accounts::Accounts;
use super::lookup::Existing;
use super::secrets::Secrets;
use super::tables::{TABLES, Tables};
use super::{Problem, SourceRow, Verdict};
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// What a run writes with.
pub(super) struct Writing<'a> {
    /// The source's name in the records.
    pub(super) source: &'a str,
    pub(super) run: i32,
    pub(super) ring: &'a KeyRing,
    pub(super) accounts: &'a Accounts,
    pub(super) random: Random,
    /// How many channels may still be made or updated.
    pub(super) left: u64,
}

/// A row that is written, with its channel.
type Item<'a> = (&'a SourceRow, &'a LegacyChannel);

/// Does what the verdicts say; a verdict changes where the company is gone.
pub(super) async fn write(
    executor: Executor<'_>,
    writing: &mut Writing<'_>,
    rows: &[SourceRow],
    verdicts: &mut [Option<Verdict>],
    existing: &Existing,
) -> Result<(), StoreError> {
    refuse_missing_companies(executor, rows, verdicts).await?;
    let mut records = Records::default();
    for tables in &TABLES {
        let (mut creates, mut updates): (Vec<Item<'_>>, Vec<Item<'_>>) = Default::default();
        for (row, verdict) in rows.iter().zip(verdicts.iter()) {
            let Ok(channel) = &row.reading else { continue };
            if channel.facts.provider != tables.provider {
                continue;
            }
            match verdict {
                Some(Verdict::Create) => creates.push((row, channel)),
                Some(Verdict::Update) => updates.push((row, channel)),
                Some(Verdict::Adopt { client_row, channel_row }) => {
                    records.push(
                        writing,
                        (row, channel),
                        (*client_row, false),
                        (*channel_row, false),
                    );
                }
                _ => {}
            }
        }
        create(executor, writing, tables, &creates, existing, &mut records).await?;
        update(executor, writing, tables, &updates, existing, &mut records).await?;
    }
    records.write(executor, writing).await
}

/// Holds the companies until the end, so that none goes while its channels come.
async fn refuse_missing_companies(
    executor: Executor<'_>,
    rows: &[SourceRow],
    verdicts: &mut [Option<Verdict>],
) -> Result<(), StoreError> {
    let is_made = |verdict: &Option<Verdict>| matches!(verdict, Some(Verdict::Create));
    let made = rows.iter().zip(verdicts.iter()).filter(|(_, verdict)| is_made(verdict));
    let companies: HashSet<i32> = made.filter_map(|(row, _)| row.company_id).collect();
    if companies.is_empty() {
        return Ok(());
    }
    let companies: Vec<i32> = companies.into_iter().collect();
    let query = "
        SELECT id::INTEGER
        FROM public.companies
        WHERE id = ANY ($1::INTEGER[])
        ORDER BY id
        FOR KEY SHARE";
    let found = executor.rows("hold the companies", query, &[&companies]).await?;
    let found: HashSet<i32> = found.iter().map(|row| row.get(0)).collect();
    for (row, verdict) in rows.iter().zip(verdicts) {
        if is_made(verdict) && !row.company_id.is_some_and(|company| found.contains(&company)) {
            let problem = Problem { conflict: Conflict::CompanyMissing, rival: None };
            *verdict = Some(Verdict::Conflict(problem));
        }
    }
    Ok(())
}

async fn create(
    executor: Executor<'_>,
    writing: &mut Writing<'_>,
    tables: &Tables,
    items: &[Item<'_>],
    existing: &Existing,
    records: &mut Records,
) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    let mut made = make_clients(executor, writing.accounts, tables, items, existing).await?;
    let ids = next_ids(executor, tables, items.len()).await?;
    let mut new = Channels::default();
    for ((row, channel), id) in items.iter().zip(ids) {
        let facts = &channel.facts;
        let (client, is_new) = match made.get_mut(facts.client_id.as_str()) {
            Some((client, is_new)) => (*client, std::mem::take(is_new)),
            None => (existing.client(facts).map_or(0, |(client, _)| client), false),
        };
        let was_made = row
            .record
            .as_ref()
            .is_some_and(|record| record.made_client && record.client_row == client);
        new.push(writing, tables, id, client, channel, channel.secret.as_ref());
        records.push(writing, (row, channel), (client, is_new || was_made), (id, true));
    }
    new.insert(executor, tables).await
}

/// Makes the clients that are not there; gives their ids, and that they are new.
async fn make_clients<'a>(
    executor: Executor<'_>,
    accounts: &Accounts,
    tables: &Tables,
    items: &[Item<'a>],
    existing: &Existing,
) -> Result<HashMap<&'a str, (i32, bool)>, StoreError> {
    // In the order of their keys, so that two runs wait for each other instead of in a circle.
    let mut wanted: BTreeMap<&str, (Item<'a>, Option<i32>)> = BTreeMap::new();
    for (row, channel) in items {
        if existing.client(&channel.facts).is_none() {
            let new = ((*row, *channel), None);
            let (_, account) = wanted.entry(&channel.facts.client_id).or_insert(new);
            *account = account.or(accounts.of(channel));
        }
    }
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<&str> = wanted.keys().copied().collect();
    let companies: Vec<i32> =
        wanted.values().map(|((_, channel), _)| channel.facts.company_id).collect();
    let names: Vec<Option<&str>> =
        wanted.values().map(|((row, _), _)| row.company.as_deref()).collect();
    let times: Vec<i64> = wanted.values().map(|((row, _), _)| row.created_at).collect();
    let accounts: Vec<Option<i32>> = wanted.values().map(|(_, account)| *account).collect();
    let Tables { schema, clients, client_key, client_name, .. } = tables;
    let query = format!(
        "INSERT INTO {schema}.{clients} (company_id, {client_key}, {client_name}, status, onboarded_at, partner_configuration_id)
        SELECT company, key, new.name, 'active', to_timestamp(onboarded), account.id
        FROM unnest($1::INTEGER[], $2::TEXT[], $3::TEXT[], $4::BIGINT[], $5::INTEGER[])
            AS new (company, key, name, onboarded, account)
        LEFT JOIN public.partner_configurations AS account ON account.id = new.account
        ON CONFLICT DO NOTHING
        RETURNING id, {client_key}"
    );
    let parameters: Parameters<'_> = &[&companies, &keys, &names, &times, &accounts];
    let rows = executor.rows("make clients", &query, parameters).await?;
    if rows.len() < keys.len() {
        return Err(overtaken());
    }
    let ids: HashMap<String, i32> = rows.iter().map(|row| (row.get(1), row.get(0))).collect();
    let made = keys.into_iter().filter_map(|key| Some((key, (*ids.get(key)?, true))));
    Ok(made.collect())
}

/// Ids for new channels, which must be known before their secrets are sealed.
async fn next_ids(
    executor: Executor<'_>,
    tables: &Tables,
    count: usize,
) -> Result<Vec<i32>, StoreError> {
    let Tables { schema, channels, .. } = tables;
    let query = format!(
        "SELECT nextval(sequence)::INTEGER
        FROM (SELECT pg_get_serial_sequence('{schema}.{channels}', 'id')::REGCLASS AS sequence OFFSET 0) AS named,
            generate_series(1, $1::INTEGER)"
    );
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let rows = executor.rows("take ids for channels", &query, &[&count]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Rows of a table of channels, column by column.
#[derive(Default)]
struct Channels<'a> {
    ids: Vec<i32>,
    clients: Vec<i32>,
    keys: Vec<&'a str>,
    numbers: Vec<Option<&'a str>>,
    names: Vec<Option<&'a str>>,
    webhooks: Vec<Option<&'a str>>,
    statuses: Vec<&'static str>,
    secrets: Vec<Option<String>>,
}

impl<'a> Channels<'a> {
    fn push(
        &mut self,
        writing: &mut Writing<'_>,
        tables: &Tables,
        id: i32,
        client: i32,
        channel: &'a LegacyChannel,
        secret: Option<&Secret>,
    ) {
        let facts = &channel.facts;
        let row = id.to_string();
        let seal = |secret| writing.ring.seal(&tables.place(&row), secret, &mut writing.random);
        self.secrets.push(secret.map(seal));
        self.ids.push(id);
        self.clients.push(client);
        self.keys.push(&facts.channel_id);
        self.numbers.push(facts.phone_number.as_deref());
        self.names.push(facts.display_name.as_deref());
        self.webhooks.push(facts.webhook_url.as_deref());
        self.statuses.push(tables.status(channel.is_active));
    }

    async fn insert(&self, executor: Executor<'_>, tables: &Tables) -> Result<(), StoreError> {
        let Tables { schema, channels, channel_key, secret, has_webhook, .. } = tables;
        let (column, value) = if *has_webhook { (", webhook_url", ", webhook") } else { ("", "") };
        let query = format!(
            "INSERT INTO {schema}.{channels}
                (id, client_id, {channel_key}, phone_number, display_name, status, {secret}{column})
            SELECT id, client, key, number, name, status, secret{value}
            FROM unnest($1::INTEGER[], $2::INTEGER[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[])
                AS new (id, client, key, number, name, status, secret, webhook)
            ON CONFLICT DO NOTHING"
        );
        let written = executor
            .execute(
                "make channels",
                &query,
                &[
                    &self.ids,
                    &self.clients,
                    &self.keys,
                    &self.numbers,
                    &self.names,
                    &self.statuses,
                    &self.secrets,
                    &self.webhooks,
                ],
            )
            .await?;
        if written < self.ids.len() as u64 { Err(overtaken()) } else { Ok(()) }
    }
}

/// Brings channels up to date that nobody changed since they were looked up.
async fn update(
    executor: Executor<'_>,
    writing: &mut Writing<'_>,
    tables: &Tables,
    items: &[Item<'_>],
    existing: &Existing,
    records: &mut Records,
) -> Result<(), StoreError> {
    let mut changed = Channels::default();
    let mut times = Vec::new();
    for (row, channel) in items {
        let Some(record) = &row.record else { continue };
        let stored = existing.channel_of_row(tables.provider, record.channel_row);
        let Some(stored) = stored else { continue };
        let secret = channel.secret.as_ref();
        let secrets = Secrets { ring: writing.ring, record, stored, secret };
        // One that was entered here stays, unless the row has a new one or somebody decided for the row.
        let is_taken = row.chose(Conflict::ChangedHere) == Some(Choice::Take);
        let secret = secret.filter(|_| is_taken || secrets.is_new_in_row());
        changed.push(writing, tables, stored.row, stored.client_row, channel, secret);
        times.push(stored.updated_at);
        let client = (stored.client_row, record.made_client);
        records.push(writing, (row, channel), client, (stored.row, true));
        records.keep_status(record.was_active);
    }
    if changed.ids.is_empty() {
        return Ok(());
    }
    let Tables { schema, channels, secret, has_webhook, .. } = tables;
    let webhook = if *has_webhook { "webhook_url = new.webhook," } else { "" };
    let query = format!(
        "UPDATE {schema}.{channels} AS stored
        SET phone_number = new.number,
            display_name = new.name,
            {webhook}
            {secret} = coalesce(new.secret, stored.{secret}),
            updated_at = now()
        FROM unnest($1::INTEGER[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TIMESTAMPTZ[])
            AS new (id, number, name, webhook, secret, updated_at)
        WHERE stored.id = new.id AND stored.updated_at = new.updated_at"
    );
    let Channels { ids, numbers, names, webhooks, secrets, .. } = &changed;
    let written = executor
        .execute("update channels", &query, &[ids, numbers, names, webhooks, secrets, &times])
        .await?;
    if written < changed.ids.len() as u64 { Err(overtaken()) } else { Ok(()) }
}

/// Rows of `trunkline.import_sources`, column by column.
#[derive(Default)]
struct Records {
    rows: Vec<i64>,
    providers: Vec<&'static str>,
    companies: Vec<i32>,
    clients: Vec<i32>,
    channels: Vec<i32>,
    made_clients: Vec<bool>,
    made_channels: Vec<bool>,
    actives: Vec<bool>,
    checksums: Vec<Vec<u8>>,
    fingerprints: Vec<Option<String>>,
}

impl Records {
    /// A client and a channel, each with whether the import made it.
    fn push(
        &mut self,
        writing: &Writing<'_>,
        (row, channel): Item<'_>,
        client: (i32, bool),
        made: (i32, bool),
    ) {
        let facts = &channel.facts;
        let secret = channel.secret.as_ref();
        self.rows.push(row.id);
        self.providers.push(facts.provider.as_str());
        self.companies.push(facts.company_id);
        self.clients.push(client.0);
        self.made_clients.push(client.1);
        self.channels.push(made.0);
        self.made_channels.push(made.1);
        self.actives.push(channel.is_active);
        self.checksums.push(facts.checksum().0.to_vec());
        self.fingerprints.push(secret.map(|secret| writing.ring.fingerprint(secret).to_string()));
    }

    /// An update leaves the status as it was.
    fn keep_status(&mut self, was_active: bool) {
        if let Some(last) = self.actives.last_mut() {
            *last = was_active;
        }
    }

    async fn write(&self, executor: Executor<'_>, writing: &Writing<'_>) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let query = "
            INSERT INTO trunkline.import_sources AS known (source, source_row, run_id, provider, company_id, client_row,
                channel_row, made_client, made_channel, was_active, checksum, secret_fingerprint)
            SELECT $1, source_row, $2, provider, company, client, channel, made_client, made_channel, active, checksum,
                fingerprint
            FROM unnest($3::BIGINT[], $4::TEXT[], $5::INTEGER[], $6::INTEGER[], $7::INTEGER[], $8::BOOLEAN[], $9::BOOLEAN[],
                $10::BOOLEAN[], $11::BYTEA[], $12::TEXT[])
                AS new (source_row, provider, company, client, channel, made_client, made_channel, active, checksum,
                    fingerprint)
            ON CONFLICT (source, source_row) DO UPDATE
            SET run_id = excluded.run_id,
                provider = excluded.provider,
                company_id = excluded.company_id,
                client_row = excluded.client_row,
                channel_row = excluded.channel_row,
                made_client = excluded.made_client,
                made_channel = excluded.made_channel,
                was_active = excluded.was_active,
                checksum = excluded.checksum,
                secret_fingerprint = coalesce(excluded.secret_fingerprint, known.secret_fingerprint),
                imported_at = now()
            -- Another run made the channel while this one took it for one that was there: it stays an imported one.
            WHERE NOT known.made_channel OR excluded.made_channel OR known.channel_row <> excluded.channel_row";
        executor
            .execute(
                "write down where channels came from",
                query,
                &[
                    &writing.source,
                    &writing.run,
                    &self.rows,
                    &self.providers,
                    &self.companies,
                    &self.clients,
                    &self.channels,
                    &self.made_clients,
                    &self.made_channels,
                    &self.actives,
                    &self.checksums,
                    &self.fingerprints,
                ],
            )
            .await?;
        Ok(())
    }
}

/// Somebody wrote the same meanwhile: the batch is judged anew.
fn overtaken() -> StoreError {
    StoreError::Constraint { constraint: String::new(), code: "23505".to_owned() }
}
