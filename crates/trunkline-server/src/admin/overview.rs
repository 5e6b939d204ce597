use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use tokio::try_join;
use trunkline_core::{Role, Scope};
use trunkline_store::alerts::{
    AlertFilter, AlertSeverity, AlertState, count_unresolved_alerts, list_alerts,
};
use trunkline_store::audit_log::{AuditFilter, list_audit_entries};
use trunkline_store::outages::{Outage, list_open_outages};
use trunkline_store::overview::{Overview, get_overview};
use trunkline_store::{Connection, StoreError, Window};

use super::alerts::Row as AlertRow;
use super::{Frame, Page, PageProblem, Section, Time};
use crate::State;
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    overview: Overview,
    active_accounts: String,
    /// What needs attention, the worst first.
    alerts: Vec<AlertRow>,
    /// Providers that do not answer.
    outages: Vec<OutageLine>,
    /// How many alerts are open, and how many acknowledged, in words.
    open_alerts: String,
    known_alerts: String,
    /// Whether providers can reach the service by the address that it knows of itself.
    is_reachable: bool,
    public_url: String,
    /// What was done last, the newest first.
    recent: Vec<RecentAct>,
    /// Whether the viewer may do what is advised.
    may_configure: bool,
}

/// A provider that does not answer, in one line.
struct OutageLine {
    title: String,
    since: Time,
    next: Time,
}

impl From<Outage> for OutageLine {
    fn from(outage: Outage) -> Self {
        Self {
            title: format!("{} does not answer", outage.provider.name()),
            since: outage.began_at.into(),
            next: outage.next_attempt_at.into(),
        }
    }
}

/// An entry of the audit log, in one line.
struct RecentAct {
    at: Time,
    actor: String,
    action: String,
    object: String,
}

/// So many of the audit log's entries are shown.
const RECENT: u16 = 6;

/// So many alerts are shown.
const URGENT: usize = 5;

/// The open alerts that matter most; of the same weight the newest.
async fn most_urgent(connection: &Connection) -> Result<Vec<AlertRow>, StoreError> {
    let filter = AlertFilter { state: Some(AlertState::Open), ..AlertFilter::default() };
    let window = Window { after: None, limit: 50 };
    let mut alerts = list_alerts(connection.executor(), &filter, &window).await?;
    alerts.sort_by_key(|alert| alert.severity != AlertSeverity::Critical);
    Ok(alerts.into_iter().take(URGENT).map(AlertRow::from).collect())
}

/// What is there, and what to do next.
pub(crate) async fn overview(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<impl IntoResponse, PageProblem> {
    let connection = state.store.connection().await?;
    let window = Window { after: None, limit: RECENT };
    let every = AuditFilter::default();
    let (overview, entries, (open, known), alerts, outages) = try_join!(
        get_overview(connection.executor()),
        list_audit_entries(connection.executor(), &every, &window),
        count_unresolved_alerts(connection.executor(), Scope::Platform),
        most_urgent(&connection),
        list_open_outages(connection.executor()),
    )?;
    let recent = entries.into_iter().take(RECENT.into()).map(|entry| RecentAct {
        at: entry.occurred_at.into(),
        actor: entry.actor_name,
        action: entry.action,
        object: format!("{} {}", entry.object_kind.replace('_', " "), entry.object_id),
    });
    Ok(Page(OverviewPage {
        frame: administrator.frame(&headers, Section::Overview),
        active_accounts: format!("{} active", overview.active_partner_accounts),
        overview,
        alerts,
        outages: outages.into_iter().map(OutageLine::from).collect(),
        open_alerts: open.to_string(),
        known_alerts: format!("{known} acknowledged"),
        recent: recent.collect(),
        is_reachable: state.settings.is_https(),
        public_url: state.settings.public_url.clone(),
        may_configure: administrator.require(Role::Admin).is_ok(),
    }))
}
