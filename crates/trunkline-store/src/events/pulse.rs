use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Arrival;
use crate::{Executor, StoreError};

/// Notes that these accounts were heard of, at most once a minute for each: transactions do not wait for one another.
pub(super) async fn note(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<(), StoreError> {
    let mut heard: BTreeMap<i32, Timestamp> = BTreeMap::new();
    for arrival in arrivals {
        let last = heard.entry(arrival.account_id).or_insert(arrival.received_at);
        *last = (*last).max(arrival.received_at);
    }
    let (accounts, times): (Vec<i32>, Vec<Timestamp>) = heard.into_iter().unzip();
    let query = "
        INSERT INTO trunkline.account_pulses AS known (account_id, heard_at)
        SELECT account_id, heard_at
        FROM unnest($1::INTEGER[], $2::TIMESTAMPTZ[]) AS new (account_id, heard_at)
        WHERE NOT EXISTS (
            SELECT
            FROM trunkline.account_pulses AS pulse
            WHERE pulse.account_id = new.account_id AND pulse.heard_at > new.heard_at - INTERVAL '1 minute'
        )
        ON CONFLICT (account_id) DO UPDATE
        SET heard_at = greatest(known.heard_at, excluded.heard_at)";
    executor.execute("note what was heard of", query, &[&accounts, &times]).await?;
    Ok(())
}
