use trunkline_core::secrets::Secret;
use trunkline_store::alerts::{AlertRule, AlertSeverity, Destination, DestinationKind};

use crate::admin::form::Errors;
use crate::alerts::title;
use crate::problem::{Kind, Problem};

/// The fields of the form as they were typed.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub name: String,
    pub kind: String,
    pub url: String,
    pub secret: String,
    /// One a line.
    pub addresses: String,
    pub minimum_severity: String,
    pub rules: Vec<AlertRule>,
    pub is_active: bool,
}

/// A rule with its box.
pub(super) struct RuleBox {
    pub field: String,
    pub label: &'static str,
    pub is_ticked: bool,
}

impl Fields {
    /// Of a new one.
    pub(super) fn empty() -> Self {
        Self {
            name: String::new(),
            kind: DestinationKind::Webhook.as_str().to_owned(),
            url: String::new(),
            secret: String::new(),
            addresses: String::new(),
            minimum_severity: AlertSeverity::Warning.as_str().to_owned(),
            rules: Vec::new(),
            is_active: true,
        }
    }

    /// Of one that is there.
    pub(super) fn of(destination: &Destination) -> Self {
        Self {
            name: destination.name.clone(),
            kind: destination.kind.as_str().to_owned(),
            url: destination.url.clone().unwrap_or_default(),
            secret: String::new(),
            addresses: destination.addresses.join("\n"),
            minimum_severity: destination.minimum_severity.as_str().to_owned(),
            rules: destination.rules.clone(),
            is_active: destination.is_active,
        }
    }

    /// What a form sent; a box that is ticked comes, another does not.
    pub(super) fn sent(pairs: Vec<(String, String)>) -> Self {
        let mut fields = Self { is_active: false, ..Self::empty() };
        for (name, value) in pairs {
            match name.as_str() {
                "name" => fields.name = value,
                "kind" => fields.kind = value,
                "url" => value.trim().clone_into(&mut fields.url),
                "secret" => value.trim().clone_into(&mut fields.secret),
                "addresses" => fields.addresses = value,
                "minimum_severity" => fields.minimum_severity = value,
                "is_active" => fields.is_active = true,
                _ => {
                    let rule = name.strip_prefix("rule_").map(str::parse::<AlertRule>);
                    fields.rules.extend(rule.and_then(Result::ok));
                }
            }
        }
        fields
    }

    pub(super) fn kind(&self) -> DestinationKind {
        self.kind.parse().unwrap_or(DestinationKind::Webhook)
    }

    pub(super) fn severity(&self) -> AlertSeverity {
        self.minimum_severity.parse().unwrap_or(AlertSeverity::Warning)
    }

    /// Of a webhook alone: what was typed for e-mail beside it is no mistake of anybody's.
    pub(super) fn url(&self) -> Option<String> {
        (self.kind() == DestinationKind::Webhook).then(|| self.url.clone())
    }

    pub(super) fn secret(&self) -> Option<Secret> {
        let is_given = self.kind() == DestinationKind::Webhook && !self.secret.is_empty();
        is_given.then(|| Secret::new(self.secret.clone()))
    }

    pub(super) fn addresses(&self) -> Vec<String> {
        if self.kind() == DestinationKind::Webhook {
            return Vec::new();
        }
        self.addresses.split([',', ';', '\n']).map(str::to_owned).collect()
    }

    pub(super) fn boxes(&self) -> Vec<RuleBox> {
        let of = |rule: &AlertRule| RuleBox {
            field: format!("rule_{}", rule.as_str()),
            label: title(*rule),
            is_ticked: self.rules.contains(rule),
        };
        AlertRule::ALL.iter().map(of).collect()
    }
}

/// Puts the fields that a problem names where the form shows them; another problem has its own page.
pub(super) fn note(problem: Problem) -> Result<Errors, Problem> {
    if problem.kind != Kind::Invalid {
        return Err(problem);
    }
    let mut errors = Errors::default();
    for error in problem.fields {
        let field = match error.field.as_str() {
            "url" => "url",
            "secret" => "secret",
            "addresses" => "addresses",
            _ => "name",
        };
        errors.add(field, error.message);
    }
    Ok(errors)
}
