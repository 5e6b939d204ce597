//! Alerts: what somebody should look at. A rule opens one, once, and closes it when the fact recovers.

mod act;
mod check;
mod deliveries;
mod destinations;
mod list;
mod missing;
mod of_account;
mod raise;
mod rules;
mod stuck;

use jiff::Timestamp;
use serde::Deserialize;
use tokio_postgres::Row;
use trunkline_core::Provider;

pub use act::{acknowledge_alert, find_alert, find_alert_for_update, resolve_alert};
pub use check::{Thresholds, check_alerts};
pub use deliveries::{
    AlertChange, Attempt, Delivery, DeliveryFilter, DeliveryState, claim_delivery,
    count_failed_deliveries, delete_old_deliveries, find_delivery, list_deliveries,
    list_due_destinations, list_last_attempts, note_attempt, retry_delivery,
};
pub use destinations::{
    Destination, DestinationKind, delete_destination, find_destination,
    find_destination_for_update, insert_destination, list_destinations, update_destination,
};
pub use list::{AlertFilter, count_unresolved_alerts, list_alerts, list_urgent_alerts};
pub use missing::note_whether_there;
pub use of_account::{close_account_alert, close_provider_alerts, open_account_alert};
pub(crate) use raise::raise;
pub(crate) use rules::signal;

use crate::StoreError;
use crate::row::{word, words};

words! {
    /// Why an alert is opened.
    AlertRule {
        /// The quality of a channel became worse.
        QualityFell = "quality_fell",
        /// A channel may begin fewer conversations.
        LimitFell = "limit_fell",
        /// A channel or client was flagged, restricted or suspended, or is about to be.
        Restricted = "restricted",
        /// A channel or client is out of our reach: disconnected, banned or deleted.
        Disconnected = "disconnected",
        /// A business that was verified is so no longer.
        VerificationLost = "verification_lost",
        /// A token ends soon.
        TokenExpires = "token_expires",
        /// A partner account that was heard of is silent.
        WebhookSilent = "webhook_silent",
        /// A token does not work, or may not do what is needed.
        TokenInvalid = "token_invalid",
        /// A client or channel is being set up for too long.
        OnboardingStuck = "onboarding_stuck",
        /// The provider has a client or channel of ours no more.
        NotThere = "not_there",
        /// A provider does not answer.
        ProviderSilent = "provider_silent",
    }
}

words! {
    /// How much it matters.
    AlertSeverity {
        /// Messages do not go, or soon will not.
        Critical = "critical",
        /// It may come to that.
        Warning = "warning",
    }
}

words! {
    /// Where an alert is in its life.
    AlertState {
        /// Nobody has said that they know.
        Open = "open",
        /// Somebody knows.
        Acknowledged = "acknowledged",
        /// It is over.
        Resolved = "resolved",
    }
}

words! {
    /// What an alert is about.
    AlertSubject {
        /// A partner account.
        Account = "account",
        /// A client.
        Client = "client",
        /// A channel.
        Channel = "channel",
    }
}

/// What somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: i32,
    /// Why it was opened.
    pub rule: AlertRule,
    /// How much it matters.
    pub severity: AlertSeverity,
    /// At which provider.
    pub provider: Provider,
    /// What it is about.
    pub subject: AlertSubject,
    /// Row of the table of these.
    pub subject_id: i32,
    /// Whose it is; `None`: the platform's.
    pub company_id: Option<i32>,
    /// What people know the subject by.
    pub label: Option<String>,
    /// What it was.
    pub before: Option<String>,
    /// What it became.
    pub after: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the fact last changed.
    pub changed_at: Timestamp,
    /// When somebody said that they know.
    pub acknowledged_at: Option<Timestamp>,
    /// Who.
    pub acknowledged_by: Option<String>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who closed it; `None`: the fact recovered.
    pub resolved_by: Option<String>,
}

impl Alert {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            rule: word(row, "rule")?,
            severity: word(row, "severity")?,
            provider: word(row, "provider")?,
            subject: word(row, "subject")?,
            subject_id: row.get("subject_id"),
            company_id: row.get("company_id"),
            label: row.get("label"),
            before: row.get("before"),
            after: row.get("after"),
            opened_at: row.get("opened_at"),
            changed_at: row.get("changed_at"),
            acknowledged_at: row.get("acknowledged_at"),
            acknowledged_by: row.get("acknowledged_by"),
            resolved_at: row.get("resolved_at"),
            resolved_by: row.get("resolved_by"),
        })
    }

    /// Where it is in its life.
    pub const fn state(&self) -> AlertState {
        match (self.resolved_at, self.acknowledged_at) {
            (Some(_), _) => AlertState::Resolved,
            (None, Some(_)) => AlertState::Acknowledged,
            (None, None) => AlertState::Open,
        }
    }
}
