//! What is seen of a Meta account without asking Meta.

use crate::{
    meta::Account,
    report::{Field, Finding, given},
};

/// Meta's ids are decimal numbers.
pub(super) fn is_number(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn examine(account: &Account) -> Vec<Finding> {
    let mut findings = Vec::new();
    let app = number(
        &account.app_id,
        ["app_id_missing", "app_id_malformed"],
        "app id",
        "App Dashboard, Settings, Basic",
    );
    findings.extend(app.map(|finding| finding.about(Field::PartnerApiKey)));
    let business = number(
        &account.business_id,
        ["business_id_missing", "business_id_malformed"],
        "business portfolio id",
        "Business settings, Business info",
    );
    findings.extend(business.map(|finding| finding.about(Field::PartnerId)));
    if given(account.app_secret.as_ref()).is_none() {
        findings.push(
            Finding::error(
                "app_secret_missing",
                "The app secret is missing: webhooks cannot be verified, and calls cannot be proved.",
                "Copy it from the App Dashboard, Settings, Basic.",
            )
            .about(Field::PartnerSecret),
        );
    }
    if given(account.system_user_token.as_ref()).is_none() {
        findings.push(
            Finding::error(
                "token_missing",
                "The system-user token is missing, so clients and their numbers cannot be read.",
                "Generate one in Business settings, System users, for this app.",
            )
            .about(Field::AccessToken),
        );
    }
    findings.push(configuration(account.config_id.as_deref().unwrap_or_default()));
    findings
}

fn configuration(id: &str) -> Finding {
    let wrong = number(
        id,
        ["config_id_missing", "config_id_malformed"],
        "login configuration id",
        "App Dashboard, Facebook Login for Business, Configurations",
    );
    let right = || {
        Finding::ok(
            "config_id_shape",
            "The login configuration id looks like one; only Embedded Signup itself can prove it.",
        )
    };
    wrong.unwrap_or_else(right).about(Field::ConfigId)
}

fn number(
    text: &str,
    [missing, malformed]: [&'static str; 2],
    name: &str,
    place: &str,
) -> Option<Finding> {
    let advice = format!("Copy it from the {place}.");
    if text.is_empty() {
        return Some(Finding::error(missing, format!("The {name} is missing."), advice));
    }
    let wrong = !is_number(text);
    wrong.then(|| {
        Finding::error(
            malformed,
            format!("The {name} is not a number, as all ids of Meta are."),
            advice,
        )
    })
}
