use std::collections::BTreeMap;

use jiff::Timestamp;
use trunkline_core::events::Subject;

use super::Arrival;
use crate::{Executor, StoreError};

/// Writes down what is to be asked of the provider, because an event only hints at it: also one that came before, where the
/// provider gives events no ids, and the same words may tell of something new.
pub(super) async fn request(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<(), StoreError> {
    // In the order of their keys, so that two batches wait for each other instead of in a circle.
    let mut wanted: BTreeMap<(i32, &str, &str), (&str, Timestamp)> = BTreeMap::new();
    for arrival in arrivals {
        if arrival.event.hints {
            let (subject, key) = subject(&arrival.event.subject);
            let what = (arrival.event.kind.as_str(), arrival.received_at);
            wanted.insert((arrival.account_id, subject, key), what);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let accounts: Vec<i32> = wanted.keys().map(|key| key.0).collect();
    let subjects: Vec<&str> = wanted.keys().map(|key| key.1).collect();
    let keys: Vec<&str> = wanted.keys().map(|key| key.2).collect();
    let reasons: Vec<&str> = wanted.values().map(|what| what.0).collect();
    let times: Vec<Timestamp> = wanted.values().map(|what| what.1).collect();
    let query = "
        INSERT INTO trunkline.resync_requests AS known (account_id, subject, subject_key, reason, requested_at)
        SELECT *
        FROM unnest($1::INTEGER[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TIMESTAMPTZ[])
        ON CONFLICT (account_id, subject, subject_key) DO UPDATE
        SET reason = excluded.reason,
            requested_at = greatest(known.requested_at, excluded.requested_at)";
    executor
        .execute("ask for a sync", query, &[&accounts, &subjects, &keys, &reasons, &times])
        .await?;
    Ok(())
}

fn subject(subject: &Subject) -> (&'static str, &str) {
    match subject {
        Subject::Channel { id: Some(key), .. } | Subject::Channel { number: Some(key), .. } => {
            ("channel", key)
        }
        Subject::Client(key) => ("client", key),
        Subject::Channel { .. } | Subject::Account => ("account", ""),
    }
}
