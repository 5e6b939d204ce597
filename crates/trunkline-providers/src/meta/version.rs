//! Graph API versions and their ends, by `https://developers.facebook.com/docs/graph-api/changelog`.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::report::{Field, Finding};

/// The version of calls when nothing else is configured.
pub const DEFAULT_VERSION: Version = Version { major: 25, minor: 0 };

/// How long before its end a version is warned of.
const NOTICE: SignedDuration = SignedDuration::from_hours(90 * 24);

const NEWER: &str =
    "Set the Graph version to a newer one of those that Meta lists in its changelog.";

/// The last day of versions whose end Meta has announced.
const ENDS: [(u16, Date); 6] = [
    (20, jiff::civil::date(2026, 9, 24)),
    (21, jiff::civil::date(2027, 1, 21)),
    (22, jiff::civil::date(2027, 5, 20)),
    (23, jiff::civil::date(2027, 10, 8)),
    (24, jiff::civil::date(2028, 2, 18)),
    (25, jiff::civil::date(2028, 7, 29)),
];

/// A version of the Graph API: `v25.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u16,
    minor: u16,
}

/// Not a version of the Graph API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a Graph API version is written as v25.0")]
pub struct NotVersion;

impl FromStr for Version {
    type Err = NotVersion;

    fn from_str(text: &str) -> Result<Self, NotVersion> {
        let (major, minor) =
            text.strip_prefix('v').and_then(|text| text.split_once('.')).ok_or(NotVersion)?;
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse::<u16>().map_err(|_| NotVersion) } else { Err(NotVersion) }
        };
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// The moment after which Meta serves another version in its place; `None` while none is announced.
    pub fn end(self) -> Option<Timestamp> {
        let (_, last) = ENDS.iter().find(|(major, _)| *major >= self.major)?;
        // Versions before the oldest in the table ended before it did.
        last.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
    }

    /// What is to be said of this version, `served` being what the header `facebook-api-version` names.
    pub(super) fn judge(self, served: Option<&str>, now: Timestamp) -> Finding {
        let served = served.and_then(|served| served.parse::<Self>().ok());
        let end = self.end();
        let over = end.is_some_and(|end| end <= now);
        let finding = match served {
            Some(other) if other != self => Finding::error(
                "graph_version_replaced",
                format!("Meta no longer serves {self} to this app, and answered as {other}."),
                format!("Set the Graph version to {other} or newer."),
            )
            .showing(&other.to_string()),
            None if over => Finding::error(
                "graph_version_too_old",
                format!("Graph version {self} has ended."),
                NEWER,
            ),
            _ if end.is_some_and(|end| end <= now.saturating_add(NOTICE).unwrap_or(now)) => {
                Finding::warning(
                    "graph_version_ends",
                    format!("Meta still serves Graph version {self}, but not for long."),
                    NEWER,
                )
            }
            _ => {
                Finding::ok("graph_version_supported", format!("Meta serves Graph version {self}."))
            }
        };
        let finding = finding.about(Field::GraphVersion);
        match end {
            Some(end) => finding.at(end),
            None => finding,
        }
    }
}
