use std::collections::{BTreeMap, HashMap, HashSet};

use trunkline_core::Random;
use trunkline_core::legacy::{Choice, Conflict, LegacyChannel};
use trunkline_core::secrets::{KeyRing, Secret};

use super::accounts::Accounts;
use super::channels::Channels;
use super::lookup::{Existing, Made};
use super::records::Records;
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

impl Writing<'_> {
    fn seal(&mut self, tables: &Tables, row: i32, secret: &Secret) -> String {
        self.ring.seal(&tables.place(&row.to_string()), secret, &mut self.random)
    }
}

/// A row that is written, with its channel.
pub(super) type Item<'a> = (&'a SourceRow, &'a LegacyChannel);

impl SourceRow {
    /// Whether the client was made when this row was imported before.
    fn made_client(&self, tables: &Tables, client: i32) -> bool {
        self.record.as_ref().is_some_and(|record| {
            record.made_client && (record.provider, record.client_row) == (tables.provider, client)
        })
    }
}

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
                    let client = (*client_row, row.made_client(tables, *client_row));
                    records.push(writing, (row, channel), client, (*channel_row, false));
                }
                _ => {}
            }
        }
        create(executor, writing, tables, &creates, existing, &mut records).await?;
        update(executor, writing, tables, &updates, existing, &mut records).await?;
        use_up_decisions(executor, writing, &updates).await?;
    }
    records.write(executor, writing).await
}

/// That none goes while its channels come, the foreign keys see to.
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
        WHERE id = ANY ($1::INTEGER[])";
    let found = executor.rows("look for the companies", query, &[&companies]).await?;
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
        let was_made = row.made_client(tables, client);
        let secret = channel.secret.as_ref().map(|secret| writing.seal(tables, id, secret));
        new.push((id, client), facts, tables.status(channel.is_active), secret);
        records.push(writing, (row, channel), (client, is_new || was_made), (id, true));
    }
    if new.insert(executor, tables).await? { Ok(()) } else { Err(overtaken()) }
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

/// Brings channels up to date that nobody changed since they were looked up.
async fn update(
    executor: Executor<'_>,
    writing: &mut Writing<'_>,
    tables: &Tables,
    items: &[Item<'_>],
    existing: &Existing,
    records: &mut Records,
) -> Result<(), StoreError> {
    let mut told = Vec::new();
    for (row, channel) in items {
        if let Some(made) = existing.made(row) {
            told.push((*row, *channel, made.stored, Some(made), made.stored.told(&channel.facts)));
        } else if let Some(stored) = existing.adopted(row) {
            told.push((*row, *channel, stored, None, stored.filled(&channel.facts)));
        }
    }
    let (mut changed, mut times, mut others) = (Channels::default(), Vec::new(), Vec::new());
    for (row, channel, stored, made, facts) in &told {
        let secret = channel.secret.as_ref();
        // One that was entered here stays, unless the row has a new one or somebody decided for the row.
        let is_taken = row.chose(Conflict::ChangedHere) == Some(Choice::Take);
        let is_new = match made {
            Some(Made { record, .. }) => {
                Secrets { ring: writing.ring, record, stored, secret }.is_new_in_row()
            }
            None => stored.secret.is_none(),
        };
        let secret = secret.filter(|_| is_taken || is_new);
        let secret = secret.map(|secret| writing.seal(tables, stored.row, secret));
        let status = tables.status(channel.is_active);
        let is_secret_kept = secret.is_none();
        changed.push((stored.row, stored.client_row), facts, status, secret);
        times.push(stored.updated_at);
        if made.is_some_and(|made| !made.is_own) {
            others.push(stored.row);
        }
        let client = (stored.client_row, row.made_client(tables, stored.client_row));
        records.push(writing, (row, channel), client, (stored.row, made.is_some()));
        if let Some(Made { record, .. }) = made {
            let is_changed = is_secret_kept && stored.updated_at != record.imported_at;
            records.keep(record.was_active, is_changed.then_some(record.imported_at));
            if stored.is_untouched {
                records.wrote(facts.checksum());
            }
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    if !changed.update(executor, tables, &times).await? {
        return Err(overtaken());
    }
    disown(executor, writing, tables, &others).await
}

/// A decision to take a row's word was about that word: whatever somebody enters here later is no part of it.
async fn use_up_decisions(
    executor: Executor<'_>,
    writing: &Writing<'_>,
    items: &[Item<'_>],
) -> Result<(), StoreError> {
    let is_taken = |row: &SourceRow| row.chose(Conflict::ChangedHere) == Some(Choice::Take);
    let taken: Vec<i64> =
        items.iter().map(|(row, _)| row).filter(|row| is_taken(row)).map(|row| row.id).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let query = "
        DELETE FROM trunkline.import_decisions
        WHERE source = $1 AND source_row = ANY ($2)";
    executor.execute("use decisions up", query, &[&writing.source, &taken]).await?;
    Ok(())
}

/// Of several rows that one channel came of, the last that was taken has it; the records of the others stay.
async fn disown(
    executor: Executor<'_>,
    writing: &Writing<'_>,
    tables: &Tables,
    channels: &[i32],
) -> Result<(), StoreError> {
    if channels.is_empty() {
        return Ok(());
    }
    let query = "
        UPDATE trunkline.import_sources
        SET made_channel = FALSE
        WHERE source = $1 AND provider = $2 AND channel_row = ANY ($3) AND made_channel";
    let parameters: Parameters<'_> = &[&writing.source, &tables.provider.as_str(), &channels];
    executor.execute("give a channel to another row", query, parameters).await?;
    Ok(())
}

/// Somebody wrote the same meanwhile: the batch is judged anew.
fn overtaken() -> StoreError {
    StoreError::Constraint { constraint: String::new(), code: "23505".to_owned() }
}
