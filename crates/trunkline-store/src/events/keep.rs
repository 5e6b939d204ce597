use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use trunkline_core::events::{Change, EventKey};

use super::known::{bytes, key, week};
use super::{Arrival, Outcome, Place};
use crate::{Executor, StoreError};

/// Rows of `trunkline.events`, column by column.
#[derive(Default)]
struct Rows<'a> {
    weeks: Vec<Date>,
    keys: Vec<Vec<u8>>,
    kinds: Vec<&'static str>,
    providers: Vec<&'static str>,
    provider_kinds: Vec<Option<&'a str>>,
    accounts: Vec<i32>,
    clients: Vec<Option<i32>>,
    channels: Vec<Option<i32>>,
    received: Vec<Timestamp>,
    occurred: Vec<Timestamp>,
    outcomes: Vec<&'static str>,
    inbox: Vec<Option<i64>>,
    messages: Vec<Option<&'a str>>,
    words: Vec<Option<&'a str>>,
    error_codes: Vec<Option<&'a str>>,
    error_titles: Vec<Option<&'a str>>,
    raws: Vec<Option<&'a str>>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, arrival: &Arrival<'a>, place: Place, outcome: Outcome) {
        let event = arrival.event;
        let is_of_message = event.kind.is_of_message();
        self.weeks.push(week(arrival.received_at));
        self.keys.push(bytes(event.dedupe_key));
        self.kinds.push(event.kind.as_str());
        self.providers.push(event.source.provider().as_str());
        self.provider_kinds.push((!is_of_message).then_some(&*event.provider_kind));
        self.accounts.push(arrival.account_id);
        self.clients.push(place.client);
        self.channels.push(place.channel);
        self.received.push(arrival.received_at);
        self.occurred.push(arrival.occurred_at());
        self.outcomes.push(outcome.as_str());
        self.inbox.push(arrival.inbox_id);
        let (message, word, error) = match &event.change {
            Change::Message { id, word } => (Some(&**id), Some(&**word), None),
            Change::Status { id, word, error, .. } => (Some(&**id), Some(&**word), error.as_ref()),
            Change::Nothing | Change::Facts(_) => (None, None, None),
        };
        self.messages.push(message);
        self.words.push(word);
        self.error_codes.push(error.map(|error| &*error.code));
        self.error_titles.push(error.and_then(|error| error.title.as_deref()));
        self.raws.push(event.raw.as_deref());
    }

    /// Gives the ids of those that were not there.
    async fn insert(&self, executor: Executor<'_>) -> Result<HashMap<EventKey, i64>, StoreError> {
        let query = "
            INSERT INTO trunkline.events (week, key, kind, provider, provider_kind, account_id, client_id, channel_id,
                received_at, occurred_at, outcome, inbox_id, message_id, word, error_code, error_title, raw)
            SELECT *
            FROM unnest($1::DATE[], $2::BYTEA[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::INTEGER[], $7::INTEGER[],
                $8::INTEGER[], $9::TIMESTAMPTZ[], $10::TIMESTAMPTZ[], $11::TEXT[], $12::BIGINT[], $13::TEXT[],
                $14::TEXT[], $15::TEXT[], $16::TEXT[], $17::TEXT[])
            ON CONFLICT (key, week) DO NOTHING
            RETURNING key, id";
        let rows = executor
            .rows(
                "keep events",
                query,
                &[
                    &self.weeks,
                    &self.keys,
                    &self.kinds,
                    &self.providers,
                    &self.provider_kinds,
                    &self.accounts,
                    &self.clients,
                    &self.channels,
                    &self.received,
                    &self.occurred,
                    &self.outcomes,
                    &self.inbox,
                    &self.messages,
                    &self.words,
                    &self.error_codes,
                    &self.error_titles,
                    &self.raws,
                ],
            )
            .await?;
        Ok(rows.iter().filter_map(|row| Some((key(row.get(0))?, row.get(1)))).collect())
    }
}

/// Keeps the events that are new; gives the id of each, by its place.
///
/// One that another transaction kept meanwhile is a duplicate after all.
pub(super) async fn insert(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
    places: &[Option<Place>],
    outcomes: &mut [Outcome],
) -> Result<Vec<Option<i64>>, StoreError> {
    let mut rows = Rows::default();
    for ((arrival, place), outcome) in arrivals.iter().zip(places).zip(&*outcomes) {
        match (place, outcome) {
            (None, _) | (_, Outcome::Duplicate | Outcome::Quarantined) => {}
            (Some(place), _) => rows.push(arrival, *place, *outcome),
        }
    }
    if rows.keys.is_empty() {
        return Ok(vec![None; arrivals.len()]);
    }
    let made = rows.insert(executor).await?;
    let ids = arrivals.iter().zip(outcomes).map(|(arrival, outcome)| match outcome {
        Outcome::Duplicate | Outcome::Quarantined => None,
        kept => {
            let id = made.get(&arrival.event.dedupe_key).copied();
            if id.is_none() {
                *kept = Outcome::Duplicate;
            }
            id
        }
    });
    Ok(ids.collect())
}
