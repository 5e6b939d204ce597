use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use futures_util::future::try_join_all;
use serde::Deserialize;
use trunkline_core::Scope;
use trunkline_core::events::Aspect;
use trunkline_store::channels::find_channel;
use trunkline_store::events::{
    EventFilter, FactChange, KeptEvent, SubjectKind, SubjectRow, ToldBy, list_events,
    list_fact_history,
};
use trunkline_store::provider_calls::{CallFilter, CallState, ProviderCall, list_calls};
use trunkline_store::{Executor, QualifiedId, StoreError, Window};

use super::super::companies::Names;
use super::super::provider_calls::{CallRow, is_lost};
use super::super::{Frame, Page, PageProblem, Section, Time, filter, words};
use super::chart::{Lane, Period, lane};
use super::step::Step;
use super::{ChannelRow, LIST};
use crate::State;
use crate::api::{Id, Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;
use crate::providers::API_KEY_CREATE;

/// So many changes of each aspect are drawn.
const DRAWN: u16 = 200;

/// So many changes stand in the table.
const TOLD: usize = 25;

/// So many calls are shown.
const CALLED: u16 = 10;

/// What is drawn, with its id on the page and its title.
const ASPECTS: [(Aspect, &str, &str); 3] = [
    (Aspect::Status, "status", "Status"),
    (Aspect::Quality, "quality", "Quality"),
    (Aspect::Limit, "limit", "Messaging limit"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    /// Those of messages too.
    #[serde(deserialize_with = "filter::parsed")]
    messages: Option<bool>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "channels/show.html")]
struct ChannelPage {
    frame: Frame,
    channel: ChannelRow,
    steps: Vec<Step>,
    /// The last calls on it that must not be made twice.
    calls: Vec<CallRow>,
    /// Whether its key was lost, with the answer that told it.
    is_key_lost: bool,
    lanes: Vec<Lane>,
    /// When the lines begin and end.
    period: Option<(Time, Time)>,
    changes: Vec<ChangeRow>,
    /// Whether there are more changes than are shown.
    has_more_changes: bool,
    events: Vec<EventRow>,
    messages: bool,
    here: String,
    first: String,
    next: String,
}

/// A change as its row shows it.
struct ChangeRow {
    what: String,
    before: String,
    after: String,
    provider_word: String,
    who: String,
    at: Time,
}

/// An event as its row shows it.
struct EventRow {
    title: String,
    kind: &'static str,
    provider_kind: String,
    note: String,
    outcome: &'static str,
    at: Time,
}

/// One channel: what it is, how it came to be so, and what was heard of it.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    id: Result<Id<QualifiedId>, Problem>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let missing = || Problem::not_found("channel");
    let (Id(id), Query(filters)) = (id.map_err(|_| missing())?, filters?);
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let found = find_channel(executor, id, Scope::Platform).await?;
    let channel = found.ok_or_else(missing)?.read()?;
    let messages = filters.messages == Some(true);
    let wanted = EventFilter {
        channel: Some(id),
        client: Some(channel.client_id),
        with_messages: messages,
        ..EventFilter::default()
    };
    let window = Window { after, limit: limit.get() };
    // Sent one after the other, without waiting for the answers in between.
    let (names, calls, history, (changes, has_more_changes), heard) = tokio::try_join!(
        Names::find(executor, [channel.company_id]),
        calls(executor, id, &channel.provider_id),
        history(executor, id),
        changes(executor, id),
        list_events(executor, &wanted, Scope::Platform, &window),
    )?;

    let period = Period::of(&history, state.clock.now());
    let lanes: Vec<Lane> = period.map_or_else(Vec::new, |period| {
        ASPECTS.iter().filter_map(|aspect| lane(*aspect, &history, period)).collect()
    });
    let listing = pager.listing::<_, EventRow, _>(heard, limit, &"-id", |event| event.id);

    let here = format!("{LIST}/{id}");
    let set = [("messages", if messages { "true" } else { "" }.to_owned())];
    Ok(Page(ChannelPage {
        steps: Step::offered(&administrator, &channel),
        frame: administrator.frame(&headers, Section::Channels),
        is_key_lost: is_key_lost(&calls),
        calls: calls.into_iter().map(CallRow::from).collect(),
        channel: ChannelRow::new(channel, &names),
        period: period.map(|period| (period.begin.into(), period.end.into())),
        lanes,
        changes,
        has_more_changes,
        events: listing.page.items,
        messages,
        first: filters.cursor.map(|_| filter::address(&here, &set)).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        here,
    }))
}

const fn subject(id: QualifiedId) -> SubjectRow {
    SubjectRow { provider: id.provider, kind: SubjectKind::Channel, id: id.number }
}

/// The last calls on a channel, the newest first.
async fn calls(
    executor: Executor<'_>,
    id: QualifiedId,
    key: &str,
) -> Result<Vec<ProviderCall>, StoreError> {
    let filter = CallFilter { channel: Some((id, key)), ..CallFilter::default() };
    let window = Window { after: None, limit: CALLED };
    let mut calls = list_calls(executor, &filter, &window).await?;
    calls.truncate(CALLED.into());
    Ok(calls)
}

/// Whether the last key that is known to have been made was told to nobody.
fn is_key_lost(calls: &[ProviderCall]) -> bool {
    let mut made =
        calls.iter().filter(|call| call.state == CallState::Done && call.call == API_KEY_CREATE);
    made.next().is_some_and(is_lost)
}

/// The changes that are drawn.
async fn history(executor: Executor<'_>, id: QualifiedId) -> Result<Vec<FactChange>, StoreError> {
    let of_aspects = ASPECTS.map(|(aspect, _, _)| async move {
        let window = Window { after: None, limit: DRAWN };
        list_fact_history(executor, subject(id), Some(aspect), &window).await
    });
    Ok(try_join_all(of_aspects).await?.into_iter().flatten().collect())
}

/// The newest changes of every aspect, and whether there are older ones.
async fn changes(
    executor: Executor<'_>,
    id: QualifiedId,
) -> Result<(Vec<ChangeRow>, bool), StoreError> {
    let limit = u16::try_from(TOLD).unwrap_or(u16::MAX);
    let window = Window { after: None, limit };
    let found = list_fact_history(executor, subject(id), None, &window).await?;
    let has_more = found.len() > TOLD;
    Ok((found.into_iter().take(TOLD).map(ChangeRow::from).collect(), has_more))
}

impl From<FactChange> for ChangeRow {
    fn from(change: FactChange) -> Self {
        let what = match change.aspect {
            Aspect::Limit => "Messaging limit".to_owned(),
            other => words::title(other.as_str()),
        };
        let who = match (change.told_by, change.actor) {
            (ToldBy::Webhook, _) => "webhook".to_owned(),
            (ToldBy::Sync, _) => "sync".to_owned(),
            (ToldBy::Operator, who) => who.unwrap_or_else(|| "operator".to_owned()),
        };
        let is_same = change.provider_word.as_deref().is_some_and(|word| word == change.after);
        let word = |value: &str| match change.aspect {
            Aspect::Status | Aspect::Quality => words::title(value),
            Aspect::Limit => value
                .parse()
                .map_or_else(|_| words::title(value), |limit: i64| words::grouped(limit)),
            _ => value.to_owned(),
        };
        Self {
            what,
            before: change.before.as_deref().map(word).unwrap_or_default(),
            after: word(&change.after),
            provider_word: change.provider_word.filter(|_| !is_same).unwrap_or_default(),
            who,
            at: change.occurred_at.into(),
        }
    }
}

impl From<KeptEvent> for EventRow {
    fn from(event: KeptEvent) -> Self {
        let note = event.message.map_or_else(String::new, |message| {
            let error = message.error.map_or_else(String::new, |error| {
                format!(": {} {}", error.code, error.title.unwrap_or_default())
            });
            format!("{} {}{}", message.word, message.id, error.trim_end())
        });
        Self {
            title: words::title(&event.kind.as_str().replace('.', "_")),
            kind: event.kind.as_str(),
            provider_kind: event.provider_kind.unwrap_or_default(),
            note,
            outcome: match event.outcome.as_str() {
                "applied" => "Changed something",
                "stale" => "Too late: something newer was known",
                _ => "It was so before",
            },
            at: event.occurred_at.into(),
        }
    }
}
