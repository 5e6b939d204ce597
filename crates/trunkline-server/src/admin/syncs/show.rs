use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::Provider;
use trunkline_core::syncs::{SyncFindingKind, SyncOutcome, SyncSubject};
use trunkline_store::syncs::{SyncFinding, find_sync, list_sync_findings};
use trunkline_store::{QualifiedId, Window};

use super::Row;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, channels, clients, filter, words};
use crate::api::{Id, Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    found: Option<SyncFindingKind>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "syncs/show.html")]
struct ShowPage {
    frame: Frame,
    run: Row,
    title: String,
    intro: String,
    rows: Vec<Finding>,
    kinds: Vec<(&'static str, &'static str)>,
    found: &'static str,
    first: String,
    next: String,
}

/// A finding as its row shows it.
struct Finding {
    title: String,
    note: String,
    subject: String,
    href: String,
    key: String,
    ours: String,
    theirs: String,
    word: String,
    tone: &'static str,
    outcome: &'static str,
}

/// A finding, and whose table its row stands in.
struct Found(SyncFinding, Provider);

impl From<Found> for Finding {
    fn from(Found(finding, provider): Found) -> Self {
        let list = match finding.subject {
            SyncSubject::Account => None,
            SyncSubject::Client => Some(clients::LIST),
            SyncSubject::Channel => Some(channels::LIST),
        };
        let page = list
            .zip(finding.subject_id)
            .map(|(list, number)| format!("{list}/{}", QualifiedId { provider, number }));
        let (tone, outcome) = outcome(finding.outcome);
        // Of what merely differs, it matters what that is.
        let aspect = finding.aspect.map(|aspect| words::title(&aspect));
        let kind = title(finding.kind).to_owned();
        let (title, note) = match aspect {
            Some(aspect) if finding.kind == SyncFindingKind::Differs => (aspect, kind),
            Some(aspect) => (kind, aspect),
            None => (kind, String::new()),
        };
        Self {
            title,
            note,
            subject: finding.label.unwrap_or_else(|| finding.subject_key.clone()),
            href: page.unwrap_or_default(),
            key: format!("{} {}", finding.subject, finding.subject_key),
            ours: finding.ours.unwrap_or_default(),
            theirs: finding.theirs.unwrap_or_default(),
            word: finding.provider_word.unwrap_or_default(),
            tone,
            outcome,
        }
    }
}

const fn title(kind: SyncFindingKind) -> &'static str {
    match kind {
        SyncFindingKind::Differs => "Differs",
        SyncFindingKind::NotHere => "Only at the provider",
        SyncFindingKind::NotThere => "Only here",
        SyncFindingKind::Bound => "Belongs to this account",
        SyncFindingKind::NotWhole => "List not believed",
        SyncFindingKind::Unreadable => "Not readable",
        SyncFindingKind::Token => "Token",
    }
}

const fn outcome(outcome: SyncOutcome) -> (&'static str, &'static str) {
    match outcome {
        SyncOutcome::Changed => ("good", "Changed"),
        SyncOutcome::WouldChange => ("info", "Would be changed"),
        SyncOutcome::NewerHere => ("off", "Ours is newer"),
        SyncOutcome::Reported => ("warn", "To be looked at"),
    }
}

/// A sync, and what it found.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    id: Result<Id<i64>, Problem>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let (Id(id), Query(filters)) = (id?, filters?);
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"id")?;
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let run = find_sync(executor, id).await?.ok_or_else(|| Problem::not_found("sync"))?;
    let found = list_sync_findings(executor, id, filters.found, &window).await?;
    let found = found.into_iter().map(|finding| Found(finding, run.provider)).collect();
    let listing =
        pager.listing::<Found, Finding, _>(found, limit, &"id", |found: &Found| found.0.id);
    let word = filters.found.map_or("", SyncFindingKind::as_str);
    let base = filter::address(&format!("/admin/syncs/{id}"), &[("found", word.to_owned())]);
    let run = Row::from(run);
    Ok(Page(ShowPage {
        frame: administrator.frame(&headers, Section::Syncs),
        title: format!("{} {id}", run.title),
        intro: format!("{} at {}, asked for {}.", run.account, run.provider, by(&run.asked_by)),
        rows: listing.page.items,
        kinds: SyncFindingKind::ALL.iter().map(|kind| (kind.as_str(), title(*kind))).collect(),
        found: word,
        first: filters.cursor.map(|_| base).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        run,
    }))
}

fn by(who: &str) -> String {
    if who.starts_with("by ") { who.to_owned() } else { format!("by {who}") }
}
