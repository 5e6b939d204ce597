use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use tokio::try_join;
use trunkline_core::{Role, Scope};
use trunkline_store::Window;
use trunkline_store::alerts::{
    count_failed_deliveries, count_unresolved_alerts, list_urgent_alerts,
};
use trunkline_store::audit_log::{AuditFilter, list_audit_entries};
use trunkline_store::outages::{Outage, list_open_outages};
use trunkline_store::overview::{Overview, get_overview};
use trunkline_store::provider_calls::count_unknown_calls;
use trunkline_store::webhooks::{WebhookCounts, count_webhooks};

use super::alerts::Row as AlertRow;
use super::words::grouped;
use super::{Frame, Page, PageProblem, Section, Time};
use crate::State;
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    overview: Overview,
    active_accounts: String,
    /// What is wrong with webhooks, and with telling of alerts; the worst first.
    troubles: Vec<Trouble>,
    /// What needs attention, the worst first.
    alerts: Vec<AlertRow>,
    /// How many webhooks wait to be worked on, and how that stands.
    waiting: String,
    waiting_note: String,
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

/// Something that is wrong with webhooks, or with telling of alerts.
struct Trouble {
    tone: &'static str,
    word: &'static str,
    text: String,
    href: &'static str,
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
const URGENT: i64 = 5;

/// A webhook that waits for longer than so many seconds is not being worked on as it should.
const LONG: i64 = 300;

/// What is there, and what to do next.
pub(crate) async fn overview(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<impl IntoResponse, PageProblem> {
    let connection = state.store.connection().await?;
    let window = Window { after: None, limit: RECENT };
    let every = AuditFilter::default();
    let (overview, entries, (open, known), alerts, webhooks, untold, unsettled, outages) = try_join!(
        get_overview(connection.executor()),
        list_audit_entries(connection.executor(), &every, &window),
        count_unresolved_alerts(connection.executor(), Scope::Platform),
        list_urgent_alerts(connection.executor(), URGENT),
        count_webhooks(connection.executor()),
        count_failed_deliveries(connection.executor()),
        count_unknown_calls(connection.executor()),
        list_open_outages(connection.executor()),
    )?;
    let recent = entries.into_iter().take(RECENT.into()).map(|entry| RecentAct {
        at: entry.occurred_at.into(),
        actor: entry.actor_name,
        action: entry.action,
        object: format!("{} {}", entry.object_kind.replace('_', " "), entry.object_id),
    });
    let age =
        webhooks.oldest.map_or(0, |oldest| state.clock.now().duration_since(oldest).as_secs());
    Ok(Page(OverviewPage {
        frame: administrator.frame(&headers, Section::Overview),
        active_accounts: format!("{} active", overview.active_partner_accounts),
        overview,
        troubles: troubles(&webhooks, age, untold, unsettled),
        alerts: alerts.into_iter().map(AlertRow::from).collect(),
        waiting: grouped(webhooks.waiting),
        waiting_note: if webhooks.waiting == 0 {
            "all are worked on".to_owned()
        } else {
            format!("the oldest for {}", duration(age))
        },
        outages: outages.into_iter().map(OutageLine::from).collect(),
        open_alerts: open.to_string(),
        known_alerts: format!("{known} acknowledged"),
        recent: recent.collect(),
        is_reachable: state.settings.is_https(),
        public_url: state.settings.public_url.clone(),
        may_configure: administrator.require(Role::Admin).is_ok(),
    }))
}

/// What is wrong with webhooks, how much of alerts was told to nobody, and how many calls somebody has to settle; the worst
/// first.
fn troubles(webhooks: &WebhookCounts, age: i64, untold: i64, unsettled: i64) -> Vec<Trouble> {
    let count = |number: i64, rest: &str| {
        format!("{} webhook{} {rest}", grouped(number), if number == 1 { "" } else { "s" })
    };
    let mut troubles = Vec::new();
    if webhooks.dead_letters > 0 {
        troubles.push(Trouble {
            tone: "bad",
            word: "Dead letters",
            text: count(webhooks.dead_letters, "could not be worked on"),
            href: "/admin/webhooks?state=dead",
        });
    }
    if age > LONG {
        troubles.push(Trouble {
            tone: "bad",
            word: "Behind",
            text: format!(
                "{}, the oldest for {}",
                count(webhooks.waiting, "not worked on yet"),
                duration(age)
            ),
            href: "/admin/webhooks?state=waiting",
        });
    }
    if untold > 0 {
        troubles.push(Trouble {
            tone: "bad",
            word: "Not told",
            text: format!(
                "{} message{} about alerts given up",
                grouped(untold),
                if untold == 1 { "" } else { "s" }
            ),
            href: "/admin/alerts/destinations",
        });
    }
    if unsettled > 0 {
        troubles.push(Trouble {
            tone: "warn",
            word: "To settle",
            text: format!(
                "{} call{} of which no provider can tell what became",
                grouped(unsettled),
                if unsettled == 1 { "" } else { "s" }
            ),
            href: "/admin/providers#calls",
        });
    }
    if webhooks.quarantined > 0 {
        troubles.push(Trouble {
            tone: "warn",
            word: "Quarantine",
            text: count(webhooks.quarantined, "of a client or channel that no company has"),
            href: "/admin/webhooks?state=quarantined",
        });
    }
    troubles
}

/// Seconds as people say them.
fn duration(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} seconds"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds => format!("{} hours", grouped(seconds / 3600)),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_store::webhooks::WebhookCounts;

    use super::{duration, troubles};

    #[test]
    fn what_is_wrong_with_webhooks_is_said_the_worst_first() {
        let well = WebhookCounts { waiting: 3, ..WebhookCounts::default() };
        assert!(troubles(&well, 20, 0, 0).is_empty());
        let ill = WebhookCounts { dead_letters: 1, quarantined: 1200, ..well };
        let said: Vec<String> = troubles(&ill, 900, 2, 1).into_iter().map(|it| it.text).collect();
        assert_eq!(
            said,
            [
                "1 webhook could not be worked on",
                "3 webhooks not worked on yet, the oldest for 15 minutes",
                "2 messages about alerts given up",
                "1 call of which no provider can tell what became",
                "1,200 webhooks of a client or channel that no company has"
            ]
        );
        assert_eq!(
            [5, 119, 120, 7200].map(duration),
            ["5 seconds", "119 seconds", "2 minutes", "2 hours"]
        );
    }
}
