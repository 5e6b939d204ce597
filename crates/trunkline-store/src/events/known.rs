use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use trunkline_core::events::{Change, EventKey};

use super::{Arrival, Outcome, Place};
use crate::{Executor, StoreError};

/// So many days back an event is looked for: providers send one again for seven days.
const LOOK_BACK: i32 = 8;

/// The Monday of an instant's week, in UTC.
pub(super) fn week(instant: Timestamp) -> Date {
    monday(instant.to_zoned(TimeZone::UTC).date())
}

fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(back.days()).unwrap_or(day)
}

/// What becomes of each event, before its facts are looked at: known, of nobody, late, or neither.
pub(super) async fn judge(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
    places: &[Option<Place>],
) -> Result<Vec<Outcome>, StoreError> {
    let mut known = find(executor, arrivals, places).await?;
    let judged = arrivals.iter().zip(places).map(|(arrival, place)| {
        let key = arrival.event.dedupe_key;
        if place.is_none() {
            return Outcome::Quarantined;
        }
        if !known.insert(key) {
            return Outcome::Duplicate;
        }
        let is_late = is_status(arrival)
            && known.range(key..=key.last_of_message()).any(|other| *other > key);
        if is_late { Outcome::Stale } else { Outcome::Applied }
    });
    Ok(judged.collect())
}

fn is_status(arrival: &Arrival<'_>) -> bool {
    matches!(arrival.event.change, Change::Status { status: Some(_), .. })
}

/// The keys that are known: of a status, all of its message.
async fn find(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
    places: &[Option<Place>],
) -> Result<BTreeSet<EventKey>, StoreError> {
    let (mut lows, mut highs) = (Vec::new(), Vec::new());
    let mut since: Option<Timestamp> = None;
    for (arrival, _) in arrivals.iter().zip(places).filter(|(_, place)| place.is_some()) {
        let key = arrival.event.dedupe_key;
        let (low, high) = if is_status(arrival) {
            (key.first_of_message(), key.last_of_message())
        } else {
            (key, key)
        };
        lows.push(bytes(low));
        highs.push(bytes(high));
        since = Some(since.map_or(arrival.received_at, |since| since.min(arrival.received_at)));
    }
    let Some(since) = since else { return Ok(BTreeSet::new()) };
    let day = since.to_zoned(TimeZone::UTC).date();
    let first = monday(day.checked_sub(LOOK_BACK.days()).unwrap_or(day));
    // Behind OFFSET 0 each pair is looked for by itself: a plan made for an empty week would compare every pair with
    // every event.
    let query = "
        SELECT event.key
        FROM unnest($1::BYTEA[], $2::BYTEA[]) AS asked (low, high)
        CROSS JOIN LATERAL (
            SELECT key
            FROM trunkline.events
            WHERE key >= asked.low AND key <= asked.high AND week >= $3
            OFFSET 0
        ) AS event";
    let rows = executor.rows("look for known events", query, &[&lows, &highs, &first]).await?;
    Ok(rows.iter().filter_map(|row| key(row.get(0))).collect())
}

pub(super) fn bytes(key: EventKey) -> Vec<u8> {
    key.0.to_be_bytes().to_vec()
}

pub(super) fn key(bytes: &[u8]) -> Option<EventKey> {
    Some(EventKey(u128::from_be_bytes(bytes.try_into().ok()?)))
}
