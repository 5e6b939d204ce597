use std::collections::BTreeMap;

use jiff::Timestamp;
use trunkline_core::Provider;
use trunkline_core::events::{Aspect, Fact};

use super::{SubjectKind, SubjectRow, Target, ToldBy};
use crate::alerts;
use crate::channels::words;
use crate::events::subject::Tables;
use crate::{Executor, StoreError};

/// What facts change, to be written in a few statements.
#[derive(Debug, Default)]
pub(in crate::events) struct Changes {
    told_by: Option<ToldBy>,
    actor: Option<String>,
    now: Timestamp,
    /// By what they speak of, so that two batches wait for each other instead of in a circle: value, word and time.
    pub(super) facts: BTreeMap<(SubjectRow, Aspect), (String, Option<String>, Timestamp)>,
    pub(in crate::events) history: Vec<HistoryRow>,
    rows: BTreeMap<SubjectRow, RowChange>,
}

/// A change of a fact.
#[derive(Debug, Clone)]
pub(in crate::events) struct HistoryRow {
    pub(in crate::events) row: SubjectRow,
    pub(in crate::events) aspect: Aspect,
    pub(in crate::events) before: Option<String>,
    pub(in crate::events) after: String,
    pub(in crate::events) word: Option<String>,
    pub(in crate::events) occurred_at: Timestamp,
    pub(in crate::events) arrival: Option<usize>,
}

/// What of a row of the provider's table changes; `None` stays.
#[derive(Debug, Default, Clone)]
struct RowChange {
    status: Option<&'static str>,
    status_word: Option<String>,
    name: Option<String>,
    number: Option<String>,
    quality: Option<&'static str>,
    quality_word: Option<String>,
    limit: Option<i32>,
    limit_scope: Option<&'static str>,
    limit_word: Option<String>,
}

impl Changes {
    pub(super) fn new(told_by: ToldBy, actor: Option<&str>, now: Timestamp) -> Self {
        let actor = actor.map(ToOwned::to_owned);
        Self { told_by: Some(told_by), actor, now, ..Self::default() }
    }

    /// Notes a fact for which the provider's table has columns.
    pub(super) fn set(&mut self, target: &Target<'_>) {
        let provider = target.row.provider;
        if matches!(target.fact, Fact::TokenExpiry(_) | Fact::Other(..)) {
            return;
        }
        let change = self.rows.entry(target.row).or_default();
        match target.fact {
            Fact::ChannelStatus { status, word } => {
                change.status = words::stored(*status, provider);
                change.status_word = Some(word.clone());
            }
            Fact::ClientStatus { status, word } => {
                change.status = Some(status.as_str());
                change.status_word = Some(word.clone());
            }
            Fact::Quality { rating, word } => {
                change.quality = Some(rating.as_str());
                change.quality_word = Some(word.clone());
            }
            Fact::Limit(limit) => {
                change.limit = limit.conversations;
                change.limit_scope = Some(limit.scope.as_str());
                change.limit_word = Some(limit.word.clone());
            }
            Fact::DisplayName(name) | Fact::ClientName(name) => change.name = Some(name.clone()),
            Fact::PhoneNumber(number) => change.number = Some(number.clone()),
            Fact::TokenExpiry(_) | Fact::Other(..) => {}
        }
    }

    /// Writes it all; `ids` are those of the events, by their place.
    pub(in crate::events) async fn write(
        &self,
        executor: Executor<'_>,
        ids: &[Option<i64>],
    ) -> Result<(), StoreError> {
        let Some(told_by) = self.told_by.map(ToldBy::as_str) else { return Ok(()) };
        self.write_facts(executor, told_by).await?;
        self.write_history(executor, told_by, ids).await?;
        let signals: Vec<_> = self
            .history
            .iter()
            .flat_map(|change| {
                alerts::signal(change.row, change.aspect, change.before.as_deref(), &change.after)
            })
            .collect();
        if !signals.is_empty() {
            alerts::raise(executor, &signals, self.now).await?;
        }
        for provider in Provider::ALL {
            self.write_clients(executor, *provider).await?;
            self.write_channels(executor, *provider).await?;
        }
        Ok(())
    }

    async fn write_facts(&self, executor: Executor<'_>, told_by: &str) -> Result<(), StoreError> {
        if self.facts.is_empty() {
            return Ok(());
        }
        let providers: Vec<&str> =
            self.facts.keys().map(|(row, _)| row.provider.as_str()).collect();
        let subjects: Vec<&str> = self.facts.keys().map(|(row, _)| row.kind.as_str()).collect();
        let ids: Vec<i32> = self.facts.keys().map(|(row, _)| row.id).collect();
        let aspects: Vec<&str> = self.facts.keys().map(|(_, aspect)| aspect.as_str()).collect();
        let values: Vec<&str> = self.facts.values().map(|fact| &*fact.0).collect();
        let provider_words: Vec<Option<&str>> =
            self.facts.values().map(|fact| fact.1.as_deref()).collect();
        let times: Vec<Timestamp> = self.facts.values().map(|fact| fact.2).collect();
        let query = "
            INSERT INTO trunkline.facts AS known (provider, subject, subject_id, aspect, value, provider_word, told_at,
                told_by)
            SELECT provider, subject, subject_id, aspect, value, provider_word, told_at, $8
            FROM unnest($1::TEXT[], $2::TEXT[], $3::INTEGER[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TIMESTAMPTZ[])
                AS new (provider, subject, subject_id, aspect, value, provider_word, told_at)
            ON CONFLICT (provider, subject, subject_id, aspect) DO UPDATE
            SET value = excluded.value,
                provider_word = excluded.provider_word,
                told_at = excluded.told_at,
                told_by = excluded.told_by
            WHERE known.told_at <= excluded.told_at";
        let parameters: crate::database::Parameters<'_> =
            &[&providers, &subjects, &ids, &aspects, &values, &provider_words, &times, &told_by];
        executor.execute("write what is known", query, parameters).await?;
        Ok(())
    }

    async fn write_history(
        &self,
        executor: Executor<'_>,
        told_by: &str,
        ids: &[Option<i64>],
    ) -> Result<(), StoreError> {
        if self.history.is_empty() {
            return Ok(());
        }
        let column = |of: fn(&HistoryRow) -> &str| self.history.iter().map(of).collect::<Vec<_>>();
        let providers = column(|change| change.row.provider.as_str());
        let subjects = column(|change| change.row.kind.as_str());
        let rows: Vec<i32> = self.history.iter().map(|change| change.row.id).collect();
        let aspects = column(|change| change.aspect.as_str());
        let befores: Vec<Option<&str>> =
            self.history.iter().map(|change| change.before.as_deref()).collect();
        let afters = column(|change| &change.after);
        let provider_words: Vec<Option<&str>> =
            self.history.iter().map(|change| change.word.as_deref()).collect();
        let times: Vec<Timestamp> = self.history.iter().map(|change| change.occurred_at).collect();
        let event =
            |change: &HistoryRow| change.arrival.and_then(|index| ids.get(index).copied()?);
        let events: Vec<Option<i64>> = self.history.iter().map(event).collect();
        let query = "
            INSERT INTO trunkline.fact_history (provider, subject, subject_id, aspect, before, after, provider_word,
                occurred_at, event_id, recorded_at, told_by, actor)
            SELECT *, $10::TIMESTAMPTZ, $11::TEXT, $12::TEXT
            FROM unnest($1::TEXT[], $2::TEXT[], $3::INTEGER[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[],
                $8::TIMESTAMPTZ[], $9::BIGINT[])";
        let parameters: crate::database::Parameters<'_> = &[
            &providers,
            &subjects,
            &rows,
            &aspects,
            &befores,
            &afters,
            &provider_words,
            &times,
            &events,
            &self.now,
            &told_by,
            &self.actor,
        ];
        executor.execute("write the history of facts", query, parameters).await?;
        Ok(())
    }

    /// The changes of rows of a provider's table.
    fn of(&self, provider: Provider, kind: SubjectKind) -> (Vec<i32>, Vec<&RowChange>) {
        let rows = self.rows.iter();
        rows.filter(|(row, _)| row.provider == provider && row.kind == kind)
            .map(|(row, change)| (row.id, change))
            .unzip()
    }

    async fn write_clients(
        &self,
        executor: Executor<'_>,
        provider: Provider,
    ) -> Result<(), StoreError> {
        let (ids, changes) = self.of(provider, SubjectKind::Client);
        if ids.is_empty() {
            return Ok(());
        }
        let statuses: Vec<Option<&str>> = changes.iter().map(|change| change.status).collect();
        let status_words = column(&changes, |change| &change.status_word);
        let names = column(&changes, |change| &change.name);
        let Tables { clients, client_name, .. } = Tables::of(provider);
        let query = format!(
            "UPDATE {clients} AS client
            SET status = coalesce(new.status, client.status),
                provider_status = coalesce(new.provider_status, client.provider_status),
                {client_name} = coalesce(new.name, client.{client_name}),
                updated_at = now()
            FROM unnest($1::INTEGER[], $2::TEXT[], $3::TEXT[], $4::TEXT[]) AS new (id, status, provider_status, name)
            WHERE client.id = new.id"
        );
        let parameters: crate::database::Parameters<'_> = &[&ids, &statuses, &status_words, &names];
        executor.execute("update clients", &query, parameters).await?;
        Ok(())
    }

    async fn write_channels(
        &self,
        executor: Executor<'_>,
        provider: Provider,
    ) -> Result<(), StoreError> {
        let (ids, changes) = self.of(provider, SubjectKind::Channel);
        if ids.is_empty() {
            return Ok(());
        }
        let statuses: Vec<Option<&str>> = changes.iter().map(|change| change.status).collect();
        let status_words = column(&changes, |change| &change.status_word);
        let names = column(&changes, |change| &change.name);
        let numbers = column(&changes, |change| &change.number);
        let qualities: Vec<Option<&str>> = changes.iter().map(|change| change.quality).collect();
        let quality_words = column(&changes, |change| &change.quality_word);
        let limits: Vec<Option<i32>> = changes.iter().map(|change| change.limit).collect();
        let scopes: Vec<Option<&str>> = changes.iter().map(|change| change.limit_scope).collect();
        let limit_words = column(&changes, |change| &change.limit_word);
        let Tables { channels, .. } = Tables::of(provider);
        let query = format!(
            "UPDATE {channels} AS channel
            SET status = coalesce(new.status, channel.status),
                provider_status = coalesce(new.provider_status, channel.provider_status),
                display_name = coalesce(new.name, channel.display_name),
                phone_number = coalesce(new.number, channel.phone_number),
                quality_rating = coalesce(new.quality, channel.quality_rating),
                provider_quality_rating = coalesce(new.quality_word, channel.provider_quality_rating),
                messaging_limit = CASE WHEN new.limit_word IS NULL THEN channel.messaging_limit ELSE new.number_limit END,
                messaging_limit_scope = coalesce(new.limit_scope, channel.messaging_limit_scope),
                provider_messaging_limit = coalesce(new.limit_word, channel.provider_messaging_limit),
                updated_at = now()
            FROM unnest($1::INTEGER[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[],
                    $8::INTEGER[], $9::TEXT[], $10::TEXT[])
                AS new (id, status, provider_status, name, number, quality, quality_word, number_limit, limit_scope,
                    limit_word)
            WHERE channel.id = new.id"
        );
        let parameters: crate::database::Parameters<'_> = &[
            &ids,
            &statuses,
            &status_words,
            &names,
            &numbers,
            &qualities,
            &quality_words,
            &limits,
            &scopes,
            &limit_words,
        ];
        executor.execute("update channels", &query, parameters).await?;
        Ok(())
    }
}

fn column<'a>(
    changes: &[&'a RowChange],
    of: fn(&RowChange) -> &Option<String>,
) -> Vec<Option<&'a str>> {
    changes.iter().map(|change| of(change).as_deref()).collect()
}
