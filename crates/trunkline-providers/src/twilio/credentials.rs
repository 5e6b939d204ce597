//! What is seen of a Twilio account without asking Twilio.

use crate::{
    report::{Field, Finding, given},
    twilio::Account,
};

/// Whether a text is a SID: two letters, 32 hexadecimal digits.
pub(super) fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

pub(super) fn examine(account: &Account) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !is_sid(&account.account_sid, "AC") {
        let (code, message) = if account.account_sid.is_empty() {
            ("account_sid_missing", "The account SID is missing.")
        } else {
            ("account_sid_malformed", "The account SID is not AC and 32 hexadecimal digits.")
        };
        let advice = "Copy it from the Twilio Console, Account info.";
        findings.push(Finding::error(code, message, advice).about(Field::PartnerId));
    }
    findings.extend(key(account));
    if given(account.auth_token.as_ref()).is_none() {
        findings.push(
            Finding::warning(
                "auth_token_missing",
                "The auth token is missing, so webhooks of Twilio cannot be verified, and no subaccounts can be made with a Standard API key.",
                "Copy it from the Twilio Console, Account info.",
            )
            .about(Field::AccessToken),
        );
    }
    findings
}

/// What is wrong with the API key pair; no pair at all is fine beside an auth token.
fn key(account: &Account) -> Option<Finding> {
    let sid = account.api_key_sid.as_deref().unwrap_or_default();
    let secret = given(account.api_key_secret.as_ref());
    let finding = match (sid.is_empty(), secret.is_some()) {
        (true, false) if given(account.auth_token.as_ref()).is_some() => return None,
        (true, false) => Finding::error(
            "credentials_missing",
            "Neither an auth token nor an API key is given, so Twilio cannot be asked.",
            "Enter the auth token, and an API key with its secret.",
        ),
        (true, true) => Finding::error(
            "api_key_sid_missing",
            "There is an API key secret without the SID of its key.",
            "Enter the SID; it begins with SK.",
        )
        .about(Field::PartnerApiKey),
        (false, false) => Finding::error(
            "api_key_secret_missing",
            "There is an API key SID without its secret.",
            "Twilio shows the secret once: make a new API key and enter both.",
        )
        .about(Field::PartnerSecret),
        (false, true) if !is_sid(sid, "SK") => Finding::error(
            "api_key_sid_malformed",
            "The API key SID is not SK and 32 hexadecimal digits.",
            "Copy it from the Twilio Console, API keys & tokens.",
        )
        .about(Field::PartnerApiKey),
        (false, true) => return None,
    };
    Some(finding)
}
