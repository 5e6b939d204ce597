//! What the checks of all providers do alike.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    error::Provider,
    report::{Field, Finding},
};

/// The longest id of any provider that is sent, in bytes.
const LONGEST_ID: usize = 64;

/// A secret that is there and not empty.
pub(crate) fn given(secret: Option<&SecretString>) -> Option<&SecretString> {
    secret.filter(|secret| !secret.expose_secret().is_empty())
}

/// Whether a text can be an id in a path.
pub(crate) fn is_identifier(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(known)
}

/// The address of an endpoint below the account's base URL, or below the provider's own.
pub(crate) fn endpoint(base: Option<&Url>, default: &'static str, segments: &[&str]) -> Url {
    let mut url = base.cloned().unwrap_or_else(|| {
        Url::parse(default).unwrap_or_else(|error| unreachable!("{default} is a constant: {error}"))
    });
    url.set_query(None);
    url.set_fragment(None);
    // A URL that cannot have a path, such as `mailto:`, is refused by the guard.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Where the provider sends webhooks, and whether that is here.
pub(crate) fn registered_webhook(
    provider: Provider,
    registered: Option<&str>,
    ours: Option<&Url>,
    advice: &str,
) -> Finding {
    let registered = registered.filter(|registered| !registered.is_empty());
    let finding = match (registered, ours) {
        (None, _) => Finding::warning(
            "webhook_url_missing",
            format!("No webhook URL is registered at {provider}, so no events arrive."),
            advice,
        ),
        (Some(registered), Some(ours)) if Url::parse(registered).as_ref() != Ok(ours) => {
            Finding::warning(
                "webhook_url_differs",
                format!("{provider} sends its webhooks to another address than {ours}."),
                advice,
            )
        }
        (Some(_), Some(_)) => {
            Finding::ok("webhook_url_registered", format!("{provider} sends its webhooks here."))
        }
        (Some(_), None) => Finding::ok(
            "webhook_url_shown",
            format!("{provider} sends its webhooks to the address shown."),
        ),
    };
    let finding = finding.about(Field::PartnerWebhookUrl);
    match registered {
        Some(registered) => finding.showing(registered),
        None => finding,
    }
}
