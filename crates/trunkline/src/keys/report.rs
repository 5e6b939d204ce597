//! What counts mean beside a key ring, and how they are shown.

use serde::Serialize;
use trunkline_core::secrets::{KeyId, KeyRing};
use trunkline_store::secrets::{SecretCount, Under, Unopened};

use crate::failure::Failure;
use crate::output::{ERROR, Printer, count};

/// How values stand to the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Active,
    Older,
    /// Their key is not in the ring.
    Missing,
    Plaintext,
    Malformed,
}

impl State {
    pub(super) fn of(under: Under, ring: Option<&KeyRing>) -> Self {
        match (under, ring) {
            (Under::Plaintext, _) => Self::Plaintext,
            (Under::Malformed, _) => Self::Malformed,
            (Under::Key(id), Some(ring)) if ring.active() == id => Self::Active,
            (Under::Key(id), Some(ring)) if ring.contains(id) => Self::Older,
            (Under::Key(_), _) => Self::Missing,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Older => "older",
            Self::Missing => "not in the key ring",
            Self::Plaintext | Self::Malformed => "",
        }
    }
}

/// A line of the counts.
#[derive(Serialize)]
pub(super) struct Line {
    column: String,
    key: Option<String>,
    state: State,
    rows: u64,
}

pub(super) fn lines(counts: &[SecretCount], ring: Option<&KeyRing>) -> Vec<Line> {
    let line = |count: &SecretCount| Line {
        column: count.column.to_string(),
        key: match count.under {
            Under::Key(id) => Some(id.to_string()),
            _ => None,
        },
        state: State::of(count.under, ring),
        rows: count.rows,
    };
    counts.iter().map(line).collect()
}

/// How many values stand so.
pub(super) fn total(counts: &[SecretCount], ring: Option<&KeyRing>, state: State) -> u64 {
    let of_state = counts.iter().filter(|count| State::of(count.under, ring) == state);
    of_state.map(|count| count.rows).sum()
}

/// The count of each column by key.
pub(super) fn print(printer: &Printer, counts: &[SecretCount], ring: Option<&KeyRing>) {
    let rows = counts.iter().map(|count| {
        let state = State::of(count.under, ring).word();
        let under = count.under.to_string();
        vec![count.column.to_string(), under, state.to_owned(), count.rows.to_string()]
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        printer.table(&["column", "key", "", "rows"], rows);
    }
}

/// What did not open, for programs.
#[derive(Serialize)]
pub(super) struct UnopenedLine {
    column: String,
    row: i64,
    reason: String,
}

pub(super) fn unopened(unopened: &[Unopened]) -> Vec<UnopenedLine> {
    let line = |value: &Unopened| UnopenedLine {
        column: value.column.to_string(),
        row: value.row,
        reason: value.reason.to_string(),
    };
    unopened.iter().map(line).collect()
}

pub(super) fn print_unopened(printer: &Printer, unopened: &[Unopened]) {
    for Unopened { column, row, reason } in unopened {
        printer
            .line(format_args!("  {ERROR}does not open:{ERROR:#} {column}, row {row}: {reason}"));
    }
}

/// The keys that seal values and are not in the ring, each with how many.
pub(super) fn missing(counts: &[SecretCount], ring: Option<&KeyRing>) -> Vec<(KeyId, u64)> {
    let mut missing: Vec<(KeyId, u64)> = Vec::new();
    for count in counts {
        let Under::Key(id) = count.under else { continue };
        if ring.is_some_and(|ring| ring.contains(id)) {
            continue;
        }
        match missing.iter_mut().find(|(known, _)| *known == id) {
            Some((_, rows)) => *rows += count.rows,
            None => missing.push((id, count.rows)),
        }
    }
    missing.sort_unstable();
    missing
}

/// `2 secrets under key 0a1b2c3d`.
pub(super) fn told(missing: &[(KeyId, u64)]) -> String {
    let told = missing.iter().map(|(id, rows)| format!("{} under key {id}", secrets(*rows)));
    told.collect::<Vec<_>>().join(", ")
}

pub(super) fn secrets(rows: u64) -> String {
    count(usize::try_from(rows).unwrap_or(usize::MAX), "secret")
}

/// Ends the command where the ring cannot open what the database holds.
pub(super) fn refuse_missing_keys(counts: &[SecretCount], ring: &KeyRing) -> Result<(), Failure> {
    let missing = missing(counts, Some(ring));
    if missing.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = ring.ids().map(|id| id.to_string()).collect();
    Err(Failure::failed(
        format!(
            "wrong keys: the database holds {}, and the key ring has only {}",
            told(&missing),
            ids.join(", ")
        ),
        "nothing was changed; add the missing key as a further line of the key file, \
         or use the key file of this database",
    ))
}
