use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::events::Aspect;
use trunkline_core::events::words::limit;
use trunkline_core::{ChannelStatus, Provider};

use super::value::UNLIMITED;
use super::{SubjectKind, SubjectRow, Target};
use crate::channels::words;
use crate::events::subject::Tables;
use crate::{Executor, StoreError};

/// What is known of an aspect of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// In our word; of status, quality, limit and name that of the provider's table, whoever wrote it.
    pub(super) value: Option<String>,
    /// In the provider's word.
    pub(super) word: Option<String>,
    /// When it was so.
    pub(super) told_at: Option<Timestamp>,
}

pub(super) type AllKnown = HashMap<(SubjectRow, Aspect), Known>;

/// What is known of everything that is spoken of; nobody changes it until the transaction ends.
pub(super) async fn load(
    executor: Executor<'_>,
    targets: &[Target<'_>],
) -> Result<AllKnown, StoreError> {
    let mut known = AllKnown::new();
    if targets.is_empty() {
        return Ok(known);
    }
    for provider in Provider::ALL {
        for kind in [SubjectKind::Client, SubjectKind::Channel] {
            let of =
                |target: &&Target<'_>| target.row.provider == *provider && target.row.kind == kind;
            let ids: BTreeSet<i32> =
                targets.iter().filter(of).map(|target| target.row.id).collect();
            let ids: Vec<i32> = ids.into_iter().collect();
            if !ids.is_empty() {
                load_rows(executor, *provider, kind, &ids, &mut known).await?;
            }
        }
    }
    // Behind the locks: whoever had a row before may have told something of it for the first time.
    load_facts(executor, targets, &mut known).await?;
    Ok(known)
}

async fn load_facts(
    executor: Executor<'_>,
    targets: &[Target<'_>],
    known: &mut AllKnown,
) -> Result<(), StoreError> {
    let keys: BTreeSet<_> = targets.iter().map(Target::key).collect();
    let providers: Vec<&str> = keys.iter().map(|(row, _)| row.provider.as_str()).collect();
    let subjects: Vec<&str> = keys.iter().map(|(row, _)| row.kind.as_str()).collect();
    let ids: Vec<i32> = keys.iter().map(|(row, _)| row.id).collect();
    let aspects: Vec<&str> = keys.iter().map(|(_, aspect)| aspect.as_str()).collect();
    let query = "
        SELECT asked.place, fact.value, fact.provider_word, fact.told_at
        FROM unnest($1::TEXT[], $2::TEXT[], $3::INTEGER[], $4::TEXT[]) WITH ORDINALITY
            AS asked (provider, subject, subject_id, aspect, place)
        JOIN trunkline.facts AS fact USING (provider, subject, subject_id, aspect)
        ORDER BY asked.place
        FOR UPDATE OF fact";
    let parameters: crate::database::Parameters<'_> = &[&providers, &subjects, &ids, &aspects];
    let rows = executor.rows("look at what is known", query, parameters).await?;
    let keys: Vec<_> = keys.into_iter().collect();
    for row in rows {
        let place: i64 = row.get(0);
        let key = usize::try_from(place - 1).ok().and_then(|place| keys.get(place));
        if let Some(key) = key {
            // What has a column in the provider's table is what stands there.
            let told_at = Some(row.get(3));
            let found = known.entry(*key);
            found.and_modify(|known| known.told_at = told_at).or_insert_with(|| Known {
                value: row.get(1),
                word: row.get(2),
                told_at,
            });
        }
    }
    Ok(())
}

async fn load_rows(
    executor: Executor<'_>,
    provider: Provider,
    kind: SubjectKind,
    ids: &[i32],
    known: &mut AllKnown,
) -> Result<(), StoreError> {
    let Tables { clients, client_name, channels, .. } = Tables::of(provider);
    let query = match kind {
        SubjectKind::Client => format!(
            "SELECT id, status, provider_status, {client_name}
            FROM {clients}
            WHERE id = ANY ($1)
            ORDER BY id
            FOR NO KEY UPDATE"
        ),
        SubjectKind::Channel => format!(
            "SELECT id, status, provider_status, display_name, phone_number, quality_rating, provider_quality_rating,
                messaging_limit, provider_messaging_limit
            FROM {channels}
            WHERE id = ANY ($1)
            ORDER BY id
            FOR NO KEY UPDATE"
        ),
    };
    for row in executor.rows("look at what is so", &query, &[&ids]).await? {
        let subject = SubjectRow { provider, kind, id: row.get(0) };
        let mut set = |aspect, value: Option<String>, word: Option<String>| {
            let known: &mut Known = known.entry((subject, aspect)).or_default();
            (known.value, known.word) = (value, word);
        };
        let status: String = row.get(1);
        let status = match kind {
            SubjectKind::Client => Some(status),
            SubjectKind::Channel => {
                words::read(provider, &status).map(ChannelStatus::as_str).map(ToOwned::to_owned)
            }
        };
        set(Aspect::Status, status, row.get(2));
        set(Aspect::Name, row.get(3), None);
        if kind == SubjectKind::Channel {
            set(Aspect::PhoneNumber, row.get(4), None);
            set(Aspect::Quality, row.get(5), row.get(6));
            set(Aspect::Limit, known_limit(&row), row.get(8));
        }
    }
    Ok(())
}

/// A limit that is NULL is none, where the provider's word says so, and otherwise not known.
fn known_limit(row: &Row) -> Option<String> {
    let (number, word): (Option<i32>, Option<&str>) = (row.get(7), row.get(8));
    let is_unlimited = || {
        let scope = trunkline_core::events::words::LimitScope::Number;
        word.and_then(|word| limit(word, scope)).is_some_and(|limit| limit.is_unlimited)
    };
    match number {
        Some(number) => Some(number.to_string()),
        None => is_unlimited().then(|| UNLIMITED.to_owned()),
    }
}
