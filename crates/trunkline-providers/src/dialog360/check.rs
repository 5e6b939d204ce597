use reqwest::{
    Method, Url,
    header::{ACCEPT, HeaderName},
};
use secrecy::SecretString;
use serde_json::Value;

use trunkline_core::Clock;

use crate::{
    call,
    dialog360::{Account, BASE_URL, errors::DIALECT},
    error::{Kind, Provider, ProviderError},
    exchange::exchange,
    http::{Call, Http},
    report::{Field, Finding, Report, endpoint, given, is_identifier, registered_webhook},
};

const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// Asks 360dialog whether the account works: is the key good, is it this partner's, where do webhooks go.
///
/// One request, two when the partner object does not name the webhook URL.
pub async fn check(http: &Http, account: &Account, clock: &Clock) -> Report {
    let started = clock.now();
    let mut findings = examine(account);
    if let Some(key) = given(account.api_key.as_ref())
        && is_identifier(&account.partner_id)
    {
        findings.extend(ask(http, account, key, clock).await);
    }
    Report::new(Provider::Dialog360, started, findings)
}

/// What is seen without asking.
fn examine(account: &Account) -> Vec<Finding> {
    let mut findings = Vec::new();
    let id = account.partner_id.as_str();
    if id.is_empty() {
        findings.push(
            Finding::error(
                "partner_id_missing",
                "The partner id is missing.",
                "Copy it from the Partner Hub; it ends in PA.",
            )
            .about(Field::PartnerId),
        );
    } else if !is_identifier(id) {
        findings.push(
            Finding::error(
                "partner_id_malformed",
                "The partner id holds characters that no 360dialog id has.",
                "Copy it from the Partner Hub; it has letters and digits only, and ends in PA.",
            )
            .about(Field::PartnerId),
        );
    } else if !id.ends_with("PA") {
        findings.push(
            Finding::warning(
                "partner_id_unusual",
                format!("The partner id `{id}` does not end in PA, as 360dialog's partner ids do."),
                "Make sure that it is not the id of a client (CL) or a channel (CH).",
            )
            .about(Field::PartnerId),
        );
    }
    if given(account.api_key.as_ref()).is_none() {
        findings.push(
            Finding::error(
                "api_key_missing",
                "The Partner API key is missing, so 360dialog cannot be asked.",
                "Make one in the Partner Hub under API Keys; it is shown once.",
            )
            .about(Field::PartnerApiKey),
        );
    }
    if given(account.platform_secret.as_ref()).is_none() {
        findings.push(
            Finding::warning(
                "platform_secret_missing",
                "The platform secret is missing, so webhooks of 360dialog cannot be verified.",
                "Generate it in the Partner Hub, on the page Integration.",
            )
            .about(Field::PartnerSecret),
        );
    }
    findings
}

async fn ask(http: &Http, account: &Account, key: &SecretString, clock: &Clock) -> Vec<Finding> {
    let url = |rest: &[&str]| url(account, rest);
    let call = call!("provider.360dialog.partner", Method::GET, url(&[]));
    let partner = match exchange(http, clock, &DIALECT, with_key(call, key)).await {
        Ok(reply) => reply.scrubbed(),
        Err(error) => return vec![refused(error, &account.partner_id)],
    };
    let (identity, readable) = identity(&partner, &account.partner_id);
    let mut findings = vec![identity];
    if !readable {
        return findings;
    }
    if partner.get("allow_client_to_add_phone_no").and_then(Value::as_bool) == Some(false) {
        findings.push(Finding::warning(
            "onboarding_closed",
            "360dialog does not let clients of this partner add numbers.",
            "Ask 360dialog to allow clients to add phone numbers before you onboard companies.",
        ));
    }
    let webhook = if let Some(webhook) = partner.get("webhook_url") {
        Ok(webhook.clone())
    } else {
        let call = call!("provider.360dialog.webhook_url", Method::GET, url(&["webhook_url"]));
        let reply = exchange(http, clock, &DIALECT, with_key(call, key)).await;
        reply.map(|reply| reply.scrubbed().get("webhook_url").cloned().unwrap_or_default())
    };
    findings.push(match webhook {
        Ok(webhook) => registered_webhook(
            Provider::Dialog360,
            webhook.as_str(),
            account.webhook_url.as_ref(),
            "Set it in the Partner Hub, on the page Integration.",
        ),
        Err(error) => Finding::trouble(error),
    });
    findings
}

fn with_key(call: Call, key: &SecretString) -> Call {
    call.header(ACCEPT, "application/json").secret_header(KEY_HEADER, key)
}

fn url(account: &Account, rest: &[&str]) -> Url {
    let mut segments = vec!["partners", account.partner_id.as_str()];
    segments.extend(rest);
    endpoint(account.base_url.as_ref(), BASE_URL, &segments)
}

/// Whether the object is the partner that we mean, and whether it is one at all.
fn identity(partner: &Value, expected: &str) -> (Finding, bool) {
    let brand = partner.get("brand_name").and_then(Value::as_str).unwrap_or_default();
    match partner.get("id").and_then(Value::as_str) {
        Some(id) if id == expected => {
            let message = format!("The key reads partner {id}.");
            (Finding::ok("partner_readable", message).about(Field::PartnerId).showing(brand), true)
        }
        Some(id) => {
            let finding = Finding::error(
                "partner_id_differs",
                format!("Asked for partner {expected}, 360dialog answered with partner {id}."),
                "Enter the partner id that belongs to this key.",
            );
            (finding.about(Field::PartnerId).showing(id), true)
        }
        None => {
            let finding = Finding::error(
                "answer_unexpected",
                "What answers at the base URL does not describe a 360dialog partner.",
                "Check the base URL: it ends in /api/v2.",
            );
            (finding.about(Field::BaseUrl), false)
        }
    }
}

fn refused(error: ProviderError, partner: &str) -> Finding {
    if error.is_trouble() {
        return Finding::trouble(error);
    }
    let finding = match error.kind {
        Kind::Authentication => Finding::error(
            "api_key_rejected",
            "360dialog does not know this Partner API key.",
            "Enter a key from the Partner Hub, API Keys. A channel's messaging key does not work here.",
        )
        .about(Field::PartnerApiKey),
        Kind::Permission => Finding::error(
            "partner_forbidden",
            format!("360dialog does not let this key read partner {partner}."),
            "Either the key belongs to another partner, or it was revoked or restricted: compare the partner id, then make a new key.",
        )
        .about(Field::PartnerId),
        Kind::NotFound => Finding::error(
            "partner_unknown",
            format!("360dialog has no partner {partner}, or hides it from this key."),
            "Copy the partner id from the Partner Hub; it ends in PA.",
        )
        .about(Field::PartnerId),
        _ => return Finding::trouble(error),
    };
    finding.because(error)
}
