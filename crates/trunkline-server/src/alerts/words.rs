use trunkline_store::alerts::{Alert, AlertChange, AlertRule, AlertSeverity, AlertSubject};

/// A rule as a heading.
pub(crate) const fn title(rule: AlertRule) -> &'static str {
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
pub(crate) fn happened(alert: &Alert) -> String {
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

/// What an alert is about, as `Meta channel +15550000001`.
fn about(alert: &Alert) -> String {
    let kind = match alert.subject {
        AlertSubject::Account => "partner account",
        AlertSubject::Client => "client",
        AlertSubject::Channel => "channel",
    };
    let label = alert.label.clone().unwrap_or_else(|| alert.subject_id.to_string());
    format!("{} {kind} {label}", alert.provider.name())
}

/// The subject of an e-mail.
pub(super) fn subject(change: AlertChange, alert: &Alert) -> String {
    let begin = match (change, alert.severity) {
        (AlertChange::Opened, AlertSeverity::Warning) => "Warning",
        (AlertChange::Opened, AlertSeverity::Critical) => "Critical",
        (AlertChange::Worsened, _) => "Now critical",
        (AlertChange::Acknowledged, _) => "Acknowledged",
        (AlertChange::Resolved, _) => "Resolved",
    };
    format!("{begin}: {} - {}", title(alert.rule), about(alert))
}

/// The text of an e-mail.
pub(super) fn text(change: AlertChange, alert: &Alert, public_url: &str) -> String {
    let by = |who: Option<&str>| who.map(|who| format!(" by {who}")).unwrap_or_default();
    let what = match change {
        AlertChange::Opened => format!("Opened at {}.", alert.opened_at),
        AlertChange::Worsened => {
            format!("It was a warning; since {} it is critical.", alert.changed_at)
        }
        AlertChange::Acknowledged => {
            format!("Acknowledged{}.", by(alert.acknowledged_by.as_deref()))
        }
        AlertChange::Resolved if alert.resolved_by.is_none() => {
            "Resolved: the fact recovered.".to_owned()
        }
        AlertChange::Resolved => format!("Resolved{}.", by(alert.resolved_by.as_deref())),
    };
    let company = alert.company_id.map(|id| format!("Company: {id}\n")).unwrap_or_default();
    format!(
        "{}: {}\n{}\n\n{what}\n{company}Severity: {}\nAlert: {}\n\n{public_url}/admin/alerts\n",
        title(alert.rule),
        about(alert),
        happened(alert),
        alert.severity.as_str(),
        alert.id,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trunkline_store::alerts::{Alert, AlertChange};

    use super::{subject, text};

    fn alert() -> Alert {
        serde_json::from_value(json!({
            "id": 7, "rule": "quality_fell", "severity": "critical", "provider": "meta", "subject": "channel",
            "subject_id": 1, "company_id": 2, "label": "+15550000001", "before": "green", "after": "red",
            "recovers_at": null, "opened_at": "2026-01-02T04:04:05+01:00", "changed_at": "2026-01-02T03:04:05+00:00",
            "acknowledged_at": null, "acknowledged_by": null, "resolved_at": null, "resolved_by": null,
        }))
        .unwrap()
    }

    #[test]
    fn an_email_says_what_happened_to_what_and_where_to_look() {
        let said = subject(AlertChange::Opened, &alert());
        assert_eq!(said, "Critical: Quality fell - Meta channel +15550000001");
        let said = text(AlertChange::Opened, &alert(), "https://partners.example.com");
        assert_eq!(
            said,
            "Quality fell: Meta channel +15550000001\nfrom green to red\n\nOpened at 2026-01-02T03:04:05Z.\nCompany: 2\n\
             Severity: critical\nAlert: 7\n\nhttps://partners.example.com/admin/alerts\n"
        );
    }
}
