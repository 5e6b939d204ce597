//! What the caller of ours is told of a provider's refusal: its own words, and what to do.

use jiff::Timestamp;
use trunkline_providers::error::{Failure, Kind as ErrorKind, Provider, ProviderError};

use crate::Problem;
use crate::problem::Kind;

/// The longest wait that is told, in seconds: four days.
const LONGEST_WAIT: i64 = 4 * 24 * 3600;

/// The provider's words with its code, and what to do.
pub(crate) fn failed(error: &ProviderError, now: Timestamp) -> Problem {
    let ProviderError { provider, message, .. } = error;
    let code = match &error.code {
        Some(code) if !message.contains(&**code) => format!(" (code {code})"),
        _ => String::new(),
    };
    let who = match error.failure {
        Failure::Answered => format!("{provider} refused: "),
        _ => format!("{provider}: "),
    };
    let detail = format!("{who}{message}{code}; {}", remedy(error));
    let kind = match error.kind {
        ErrorKind::Throttled { until } => {
            let wait = until.duration_since(now).as_secs().clamp(0, LONGEST_WAIT) + 1;
            Kind::TooManyRequests(wait.unsigned_abs())
        }
        ErrorKind::Transient => Kind::Unavailable,
        _ => Kind::Conflict,
    };
    Problem::new(kind, detail)
}

/// What to do: by the provider's code (`https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes`), else
/// by the kind of error.
fn remedy(error: &ProviderError) -> String {
    let by_code = match (error.provider, error.code.as_deref()) {
        (Provider::Meta, Some("133000")) => "deregister the number again, then register it",
        (Provider::Meta, Some("133005")) => {
            "give the PIN that the number has, or reset it in WhatsApp Manager"
        }
        (Provider::Meta, Some("133006")) => "request a code and verify the number first",
        (Provider::Meta, Some("133008" | "133009")) => {
            "wait as long as Meta says, then give the PIN that the number has"
        }
        (Provider::Meta, Some("133010")) => "register the number first",
        (Provider::Meta, Some("136024")) => {
            "no code was sent: the number may be verified already; else try the other way of sending"
        }
        (Provider::Meta, Some("136025")) => "the code is wrong or too old: request another",
        _ => "",
    };
    if !by_code.is_empty() {
        return by_code.to_owned();
    }
    match error.kind {
        ErrorKind::Authentication => {
            "replace the credential of the partner account, or of the channel"
        }
        ErrorKind::Permission if error.provider == Provider::Dialog360 => {
            "the client has to permit it to the partner at 360dialog"
        }
        ErrorKind::Permission => {
            "give the credential the permission that the account's check lists"
        }
        ErrorKind::NotFound => "see whether it is still there: sync the partner account",
        ErrorKind::Invalid => "correct what was given",
        ErrorKind::Transient => "try again in a moment",
        ErrorKind::Throttled { until } => return format!("try again after {until}"),
    }
    .to_owned()
}
