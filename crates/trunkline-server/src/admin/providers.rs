//! `/admin/providers`: whether the providers answer, and when they did not.

use askama::Template;
use axum::Router;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::routing::get;
use trunkline_store::outages::{Outage, list_last_outages};
use trunkline_store::provider_calls::{CallFilter, list_calls};
use trunkline_store::{Executor, StoreError, Window};

use super::provider_calls::CallRow;
use super::{Frame, Page, PageProblem, Section, Time, words};
use crate::State;
use crate::auth::Administrator;
use crate::providers::standing::{Answering, Standing, of_providers};

pub(super) fn router() -> Router<State> {
    Router::new().route("/providers", get(show))
}

/// So many calls whose end is not known are shown, and so many of the others.
const OPEN: u16 = 100;
const ENDED: u16 = 10;

/// So many outages are shown.
const LAST: i64 = 20;

#[derive(Template)]
#[template(path = "providers/status.html")]
struct StatusPage {
    frame: Frame,
    providers: Vec<ProviderCard>,
    outages: Vec<OutageRow>,
    /// Calls whose end is not known, then the last others.
    calls: Vec<CallRow>,
}

struct ProviderCard {
    name: &'static str,
    tone: &'static str,
    word: &'static str,
    reason: String,
    since: Option<Time>,
    next: Option<Time>,
    answered: Option<Time>,
    accounts: Vec<AccountRow>,
}

struct AccountRow {
    href: String,
    name: String,
    tone: &'static str,
    word: String,
    reason: String,
    answered: Option<Time>,
}

struct OutageRow {
    provider: &'static str,
    began: Time,
    ended: Option<Time>,
    attempts: String,
    reason: String,
}

impl From<Standing> for ProviderCard {
    fn from(standing: Standing) -> Self {
        let (tone, word) = match standing.answering {
            Answering::Answers => ("good", "Answers"),
            Answering::Failing => ("warn", "Some calls fail"),
            Answering::Silent => ("bad", "Does not answer: its syncs pause"),
            Answering::Unknown => ("off", "Not asked yet"),
        };
        let accounts = standing.accounts.into_iter().map(|account| {
            let (tone, word) = match (account.failures, account.answered_at) {
                (0, Some(_)) => ("good", "Answered".to_owned()),
                (0, None) => ("off", "Not asked yet".to_owned()),
                (1, _) => ("warn", "No answer once".to_owned()),
                (failures, _) => ("warn", format!("No answer {} times", words::grouped(failures))),
            };
            let label = account.label.filter(|label| !label.is_empty());
            AccountRow {
                href: format!("/admin/partner-accounts/{}", account.account_id),
                name: label.unwrap_or(account.partner_id),
                tone,
                word,
                reason: account.reason.unwrap_or_default(),
                answered: account.answered_at.map(Time::from),
            }
        });
        Self {
            name: standing.provider.name(),
            tone,
            word,
            reason: standing.reason.unwrap_or_default(),
            since: standing.since.map(Time::from),
            next: standing.outage.map(|outage| outage.next_attempt_at.into()),
            answered: standing.answered_at.map(Time::from),
            accounts: accounts.collect(),
        }
    }
}

impl From<Outage> for OutageRow {
    fn from(outage: Outage) -> Self {
        Self {
            provider: outage.provider.name(),
            began: outage.began_at.into(),
            ended: outage.ended_at.map(Time::from),
            attempts: words::grouped(outage.attempts),
            reason: outage.reason,
        }
    }
}

/// The newest calls whose end is known, or not.
async fn calls_of(
    executor: Executor<'_>,
    is_open: bool,
    limit: u16,
) -> Result<Vec<CallRow>, StoreError> {
    let filter = CallFilter { is_open: Some(is_open), ..CallFilter::default() };
    let window = Window { after: None, limit };
    let calls = list_calls(executor, &filter, &window).await?;
    Ok(calls.into_iter().take(limit.into()).map(CallRow::from).collect())
}

async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
) -> Result<Page<impl Template>, PageProblem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    // Sent one after the other, without waiting for the answers in between.
    let (providers, outages, mut calls, ended) = tokio::try_join!(
        of_providers(executor),
        list_last_outages(executor, LAST),
        calls_of(executor, true, OPEN),
        calls_of(executor, false, ENDED),
    )?;
    calls.extend(ended);
    Ok(Page(StatusPage {
        frame: administrator.frame(&headers, Section::Providers),
        providers: providers.into_iter().map(ProviderCard::from).collect(),
        outages: outages.into_iter().map(OutageRow::from).collect(),
        calls,
    }))
}
