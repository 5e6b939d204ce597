//! `/admin/alerts`: what somebody should look at; whoever is at least an operator acknowledges and resolves.

mod act;
mod list;

use axum::Router;
use axum::routing::{get, post};
use trunkline_store::alerts::{Alert, AlertRule, AlertSeverity, AlertState, AlertSubject};

use super::Time;
use crate::State;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/alerts", get(list::list))
        .route("/alerts/{id}/acknowledge", post(act::acknowledge))
        .route("/alerts/{id}/resolve", post(act::resolve))
}

/// An alert as its row shows it.
pub(super) struct Row {
    pub(super) id: i32,
    pub(super) title: &'static str,
    pub(super) tone: &'static str,
    pub(super) severity: &'static str,
    pub(super) subject: String,
    pub(super) company: String,
    pub(super) change: String,
    pub(super) state: &'static str,
    pub(super) note: String,
    pub(super) opened: Time,
    pub(super) can_acknowledge: bool,
    pub(super) can_resolve: bool,
}

impl From<Alert> for Row {
    fn from(alert: Alert) -> Self {
        let state = alert.state();
        let (tone, severity) = match alert.severity {
            _ if state == AlertState::Resolved => ("off", "Over"),
            AlertSeverity::Critical => ("bad", "Critical"),
            AlertSeverity::Warning => ("warn", "Warning"),
        };
        let kind = match alert.subject {
            AlertSubject::Account => "partner account",
            AlertSubject::Client => "client",
            AlertSubject::Channel => "channel",
        };
        let label = alert.label.clone().unwrap_or_else(|| alert.subject_id.to_string());
        let by = |who: Option<&str>| who.map(|who| format!("by {who}")).unwrap_or_default();
        let (word, note) = match state {
            AlertState::Open => ("Open", String::new()),
            AlertState::Acknowledged => ("Acknowledged", by(alert.acknowledged_by.as_deref())),
            AlertState::Resolved if alert.resolved_by.is_none() => {
                ("Resolved", "it recovered".to_owned())
            }
            AlertState::Resolved => ("Resolved", by(alert.resolved_by.as_deref())),
        };
        Self {
            id: alert.id,
            title: title(alert.rule),
            tone,
            severity,
            subject: format!("{} {kind} {label}", alert.provider.name()),
            company: alert.company_id.map(|id| format!("company {id}")).unwrap_or_default(),
            change: change(&alert),
            state: word,
            note,
            opened: alert.opened_at.into(),
            can_acknowledge: state == AlertState::Open,
            can_resolve: state != AlertState::Resolved,
        }
    }
}

const fn title(rule: AlertRule) -> &'static str {
    match rule {
        AlertRule::QualityFell => "Quality fell",
        AlertRule::LimitFell => "Limit fell",
        AlertRule::Restricted => "Restricted",
        AlertRule::Disconnected => "Out of reach",
        AlertRule::VerificationLost => "Verification lost",
        AlertRule::TokenExpires => "Token ends",
        AlertRule::WebhookSilent => "No webhooks",
        AlertRule::TokenInvalid => "Credential does not work",
        AlertRule::OnboardingStuck => "Onboarding stuck",
        AlertRule::NotThere => "Gone at the provider",
        AlertRule::ProviderSilent => "Provider does not answer",
    }
}

/// What happened, in a few words.
fn change(alert: &Alert) -> String {
    match (alert.rule, alert.before.as_deref(), alert.after.as_deref()) {
        (AlertRule::WebhookSilent, Some(last), _) => format!("last heard of at {last}"),
        (AlertRule::TokenExpires, _, Some(end)) => format!("at {end}"),
        (AlertRule::NotThere, ..) => "we have it, and the provider does not".to_owned(),
        (AlertRule::OnboardingStuck, _, Some(status)) => format!("{status} for too long"),
        (AlertRule::TokenInvalid | AlertRule::ProviderSilent, _, Some(said)) => said.to_owned(),
        (_, Some(before), Some(after)) => format!("from {before} to {after}"),
        (_, _, Some(after)) => format!("now {after}"),
        _ => String::new(),
    }
}
