//! How a channel stood over time, drawn by the server: for status, quality and limit one step line each.
//!
//! The height says what the colour says, the table beside it says the same in words. Lines are stretched to the width of
//! the page, words are not, so that they can be read on a phone too.

use std::cmp::Reverse;
use std::fmt::Write;

use jiff::Timestamp;
use trunkline_core::events::Aspect;
use trunkline_core::{ChannelStatus, QualityRating};
use trunkline_store::events::FactChange;

use super::super::words;
use super::row::{quality_tone, tone};

/// The width of a drawing, in its own units.
const WIDTH: i64 = 1000;

/// The height of one level.
const LEVEL: i64 = 24;

/// One step line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    pub id: &'static str,
    pub title: &'static str,
    /// What the line says, in a sentence.
    pub description: String,
    /// The words beside the line, the best at the top: tone and word.
    pub levels: Vec<(&'static str, String)>,
    pub height: i64,
    pub line: String,
    /// Where it changed: a path of no length, and its tone.
    pub dots: Vec<(&'static str, String)>,
}

/// The time that the lines span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub begin: Timestamp,
    pub end: Timestamp,
}

impl Period {
    /// From the first change to now.
    pub(super) fn of(changes: &[FactChange], now: Timestamp) -> Option<Self> {
        let begin = changes.iter().map(|change| change.occurred_at).min()?;
        // A line needs a length.
        let begin = begin.min(now.checked_sub(jiff::SignedDuration::from_secs(60)).unwrap_or(now));
        Some(Self { begin, end: now })
    }

    fn x(self, time: Timestamp) -> i64 {
        let whole = (self.end.as_millisecond() - self.begin.as_millisecond()).max(1);
        let part = (time.as_millisecond() - self.begin.as_millisecond()).clamp(0, whole);
        WIDTH * part / whole
    }
}

/// What a value is: how good it is, so that the best sorts first, with tone and word; `None`: a word of another release.
fn level(aspect: Aspect, value: &str) -> Option<(Reverse<i64>, &'static str, String)> {
    match aspect {
        Aspect::Status => {
            let status: ChannelStatus = value.parse().ok()?;
            let rank = match status {
                ChannelStatus::Running => 0,
                ChannelStatus::Unverified => 1,
                ChannelStatus::Pending => 2,
                other => other as i64,
            };
            Some((Reverse(-rank), tone(status), words::title(value)))
        }
        Aspect::Quality => {
            let quality: QualityRating = value.parse().ok()?;
            Some((Reverse(-(quality as i64)), quality_tone(quality), words::title(value)))
        }
        Aspect::Limit if value == "unlimited" => {
            Some((Reverse(i64::MAX), "good", "Unlimited".to_owned()))
        }
        Aspect::Limit => {
            let limit: i64 = value.parse().ok()?;
            Some((Reverse(limit), "info", words::grouped(limit)))
        }
        _ => None,
    }
}

/// The line of an aspect; `None`: it never changed. The changes may come in any order.
pub(super) fn lane(
    (aspect, id, title): (Aspect, &'static str, &'static str),
    changes: &[FactChange],
    period: Period,
) -> Option<Lane> {
    let mut changes: Vec<&FactChange> =
        changes.iter().filter(|change| change.aspect == aspect).collect();
    changes.sort_by_key(|change| (change.occurred_at, change.id));
    let first = changes.first()?;
    let mut steps: Vec<(Timestamp, &str)> = Vec::new();
    steps.extend(first.before.as_deref().map(|before| (period.begin, before)));
    steps.extend(changes.iter().map(|change| (change.occurred_at, change.after.as_str())));
    let known: Vec<_> =
        steps.iter().filter_map(|(at, value)| Some((*at, level(aspect, value)?))).collect();
    let mut levels: Vec<_> = known.iter().map(|(_, level)| level.clone()).collect();
    levels.sort_unstable();
    levels.dedup();
    let y = |of: &(Reverse<i64>, &'static str, String)| {
        let place = levels.iter().position(|level| level == of).unwrap_or_default();
        LEVEL * i64::try_from(place).unwrap_or_default() + LEVEL / 2
    };
    let mut line = String::new();
    let mut dots = Vec::new();
    for (index, (at, level)) in known.iter().enumerate() {
        let (x, y) = (period.x(*at), y(level));
        // Writing to a text does not fail.
        let _ = if index == 0 { write!(line, "M{x} {y}") } else { write!(line, "H{x}V{y}") };
        dots.push((level.1, format!("M{x} {y}h0")));
    }
    let _ = write!(line, "H{WIDTH}");
    let (_, last) = known.last()?;
    let description = format!(
        "{} change{} since {}; now {}.",
        changes.len(),
        if changes.len() == 1 { "" } else { "s" },
        first.occurred_at.strftime("%-d %b %Y"),
        last.2,
    );
    let height = LEVEL * i64::try_from(levels.len()).unwrap_or(1);
    let levels = levels.into_iter().map(|(_, tone, word)| (tone, word)).collect();
    Some(Lane { id, title, description, levels, height, line, dots })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use trunkline_core::events::Aspect;
    use trunkline_store::events::{FactChange, ToldBy};

    use super::{Period, lane};

    fn change(second: i64, aspect: Aspect, before: Option<&str>, after: &str) -> FactChange {
        let at = Timestamp::from_second(second).unwrap();
        FactChange {
            id: second,
            aspect,
            before: before.map(str::to_owned),
            after: after.to_owned(),
            provider_word: None,
            occurred_at: at,
            recorded_at: at,
            told_by: ToldBy::Webhook,
            actor: None,
            event_id: None,
        }
    }

    #[test]
    fn a_line_steps_where_the_fact_changed_and_the_best_is_at_the_top() {
        let changes = [
            change(1_000_500, Aspect::Quality, Some("yellow"), "red"),
            change(1_000_000, Aspect::Quality, Some("green"), "yellow"),
            change(1_000_700, Aspect::Limit, Some("1000"), "250"),
        ];
        let now = Timestamp::from_second(1_001_000).unwrap();
        let period = Period::of(&changes, now).unwrap();
        let quality = lane((Aspect::Quality, "quality", "Quality"), &changes, period).unwrap();
        assert_eq!(quality.line, "M0 12H0V36H500V60H1000");
        let words: Vec<&str> = quality.levels.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(words, ["Green", "Yellow", "Red"]);
        assert_eq!(quality.description, "2 changes since 12 Jan 1970; now Red.");
        let limit = lane((Aspect::Limit, "limit", "Limit"), &changes, period).unwrap();
        assert_eq!(limit.line, "M0 12H700V36H1000");
        assert_eq!(limit.levels[0].1, "1,000");
        assert_eq!(lane((Aspect::Status, "status", "Status"), &changes, period), None);
    }

    #[test]
    fn limits_without_end_stand_above_all_and_words_of_another_release_are_left_out() {
        let changes = [
            change(1_000_000, Aspect::Limit, None, "unlimited"),
            change(1_000_100, Aspect::Limit, Some("unlimited"), "100000"),
            change(1_000_200, Aspect::Limit, Some("100000"), "much"),
        ];
        let period = Period::of(&changes, Timestamp::from_second(1_000_200).unwrap()).unwrap();
        let limit = lane((Aspect::Limit, "limit", "Limit"), &changes, period).unwrap();
        let words: Vec<&str> = limit.levels.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(words, ["Unlimited", "100,000"]);
        assert_eq!(limit.line, "M0 12H500V36H1000");
    }
}
