use trunkline_core::events::Aspect;

use super::raise::Signal;
use super::{AlertRule, AlertSeverity};
use crate::events::SubjectRow;

/// What a changed fact means for alerts.
pub(crate) fn signal(
    row: SubjectRow,
    aspect: Aspect,
    before: Option<&str>,
    after: &str,
) -> Vec<Signal> {
    let open = |rule, severity, recovers_at| {
        let before = before.map(ToOwned::to_owned);
        let after = after.to_owned();
        Signal::Open { rule, severity, row, before, after, recovers_at }
    };
    let close = |rule| Signal::Close { rule, row, level: None };
    let (warning, critical) = (AlertSeverity::Warning, AlertSeverity::Critical);
    match aspect {
        Aspect::Status => match standing(after) {
            Standing::Good => vec![close(AlertRule::Restricted), close(AlertRule::Disconnected)],
            Standing::Restricted => {
                vec![open(AlertRule::Restricted, warning, None), close(AlertRule::Disconnected)]
            }
            Standing::Gone => {
                vec![open(AlertRule::Disconnected, critical, None), close(AlertRule::Restricted)]
            }
            Standing::Neither => Vec::new(),
        },
        Aspect::Quality => match (badness(before.unwrap_or_default()), badness(after)) {
            (_, 0) if after == "green" => vec![close(AlertRule::QualityFell)],
            (was, is) if is > was => {
                let severity = if after == "red" { critical } else { warning };
                vec![open(AlertRule::QualityFell, severity, None)]
            }
            _ => Vec::new(),
        },
        Aspect::Limit => {
            let Some(level) = level(after) else { return Vec::new() };
            match before.and_then(self::level) {
                Some(was) if level < was => vec![open(AlertRule::LimitFell, warning, Some(was))],
                _ => vec![Signal::Close { rule: AlertRule::LimitFell, row, level: Some(level) }],
            }
        }
        Aspect::Verification => match (before.is_some_and(is_verified), is_verified(after)) {
            (_, true) => vec![close(AlertRule::VerificationLost)],
            (true, false) => vec![open(AlertRule::VerificationLost, warning, None)],
            (false, false) => Vec::new(),
        },
        Aspect::Ban => match after {
            "SCHEDULE_FOR_DISABLE" => vec![open(AlertRule::Restricted, critical, None)],
            "REINSTATE" => vec![close(AlertRule::Restricted), close(AlertRule::Disconnected)],
            _ => Vec::new(),
        },
        Aspect::Token if after == VALID => vec![close(AlertRule::TokenInvalid)],
        Aspect::Token => vec![open(AlertRule::TokenInvalid, critical, None)],
        _ => Vec::new(),
    }
}

/// Of a token that works and may do what is needed.
const VALID: &str = "valid";

/// What a status means to whoever sends.
enum Standing {
    Good,
    Restricted,
    Gone,
    Neither,
}

fn standing(status: &str) -> Standing {
    match status {
        "running" | "active" => Standing::Good,
        "restricted" | "suspended" | "flagged" => Standing::Restricted,
        "disconnected" | "banned" | "deleted" => Standing::Gone,
        _ => Standing::Neither,
    }
}

/// A channel of which nothing is known has nothing to lose.
fn badness(quality: &str) -> u8 {
    match quality {
        "yellow" => 1,
        "red" => 2,
        _ => 0,
    }
}

fn level(limit: &str) -> Option<i64> {
    if limit == "unlimited" { Some(i64::MAX) } else { limit.parse().ok() }
}

/// Meta's and 360dialog's words for it.
fn is_verified(word: &str) -> bool {
    ["verified", "approved", "verified_account"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}
