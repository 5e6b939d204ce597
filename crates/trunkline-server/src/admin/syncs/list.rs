use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::syncs::{SyncKind, SyncState};
use trunkline_core::{Provider, Role};
use trunkline_store::partner_accounts::{Filter, list_partner_accounts};
use trunkline_store::syncs::{SyncFilter, list_syncs};
use trunkline_store::{Executor, StoreError, Window};

use super::Row;
use crate::State;
use crate::admin::filter::{self, PROVIDERS};
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::parsed")]
    account: Option<i32>,
    #[serde(deserialize_with = "filter::word")]
    provider: Option<Provider>,
    #[serde(deserialize_with = "filter::word")]
    kind: Option<SyncKind>,
    #[serde(deserialize_with = "filter::word")]
    state: Option<SyncState>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "syncs/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// Partner accounts by id, with what people call them.
    accounts: Vec<(String, String)>,
    /// Those of them that are in use.
    active: Vec<(String, String)>,
    account: String,
    provider: &'static str,
    kind: &'static str,
    state: &'static str,
    first: String,
    next: String,
    is_filtered: bool,
    /// Whether the viewer may ask for a sync.
    may_act: bool,
    /// How often it is done by itself, in words.
    interval: String,
}

const KINDS: [(&str, &str); 2] = [("full", "Everything"), ("hints", "After webhooks")];
const STATES: [(&str, &str); 4] =
    [("queued", "Queued"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")];

/// The syncs, the newest first.
pub(super) async fn list(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let Query(filters) = filters?;
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"-id")?;
    let window = Window { after, limit: limit.get() };
    let wanted = SyncFilter {
        account_id: filters.account,
        provider: filters.provider,
        kind: filters.kind,
        state: filters.state,
        is_dry: None,
    };
    let connection = state.store.connection().await?;
    let found = list_syncs(connection.executor(), &wanted, &window).await?;
    let (accounts, active) = accounts(connection.executor()).await?;
    let listing = pager.listing::<_, Row, _>(found, limit, &"-id", |run| run.id);
    let account = filters.account.map(|id| id.to_string()).unwrap_or_default();
    let (provider, kind, word) = (
        filters.provider.map_or("", Provider::as_str),
        filters.kind.map_or("", SyncKind::as_str),
        filters.state.map_or("", SyncState::as_str),
    );
    let set = [
        ("account", account.clone()),
        ("provider", provider.to_owned()),
        ("kind", kind.to_owned()),
        ("state", word.to_owned()),
    ];
    let base = filter::address("/admin/syncs", &set);
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::Syncs),
        rows: listing.page.items,
        accounts,
        active,
        is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
        account,
        provider,
        kind,
        state: word,
        first: filters.cursor.map(|_| base).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
        may_act: administrator.require(Role::Operator).is_ok(),
        interval: interval(state.settings.syncs.interval_minutes),
    }))
}

type Choices = Vec<(String, String)>;

/// Every partner account, and those that are in use.
async fn accounts(executor: Executor<'_>) -> Result<(Choices, Choices), StoreError> {
    let window = Window { after: None, limit: 200 };
    let all = list_partner_accounts(executor, Filter::default(), &window).await?;
    let (mut accounts, mut active) = (Vec::new(), Vec::new());
    for account in all {
        let name = account.label.filter(|label| !label.is_empty()).unwrap_or(account.partner_id);
        let choice = (account.id.to_string(), format!("{name} ({})", account.provider.name()));
        if account.is_active {
            active.push(choice.clone());
        }
        accounts.push(choice);
    }
    Ok((accounts, active))
}

fn interval(minutes: u32) -> String {
    match minutes {
        0 => "Nothing is compared by itself: syncs.interval_minutes is 0.".to_owned(),
        60 => "Every partner account is compared hourly.".to_owned(),
        minutes if minutes.is_multiple_of(60) => {
            format!("Every partner account is compared every {} hours.", minutes / 60)
        }
        minutes => format!("Every partner account is compared every {minutes} minutes."),
    }
}
