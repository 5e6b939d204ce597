use jiff::Timestamp;
use trunkline_core::events::Fact;

use super::change::{Changes, HistoryRow};
use super::current::AllKnown;
use super::value::{value, word};
use super::{Outcome, Target, ToldBy};
use crate::channels::words;

/// What a fact does to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::events) enum Verdict {
    /// Something newer is known.
    Stale,
    /// It is so.
    Same,
    /// It is so from now on.
    Changed,
}

impl Verdict {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Stale => Outcome::Stale,
            Self::Same => Outcome::Unchanged,
            Self::Changed => Outcome::Applied,
        }
    }
}

/// Weighs facts in their order against what is known, and each against those before it.
pub(super) fn weigh(
    targets: &[Target<'_>],
    mut known: AllKnown,
    told_by: ToldBy,
    actor: Option<&str>,
    now: Timestamp,
) -> (Changes, Vec<Verdict>) {
    let mut changes = Changes::new(told_by, actor, now);
    let mut verdicts = Vec::with_capacity(targets.len());
    for target in targets {
        let current = known.entry(target.key()).or_default();
        if current.told_at.is_some_and(|told_at| told_at > target.occurred_at)
            || !is_possible(target)
        {
            verdicts.push(Verdict::Stale);
            continue;
        }
        let (new, new_word) = (value(target.fact), word(target.fact).map(ToOwned::to_owned));
        let is_same = current.value.as_ref() == Some(&new);
        let is_same_word = new_word.is_none() || current.word == new_word;
        if !is_same {
            changes.history.push(HistoryRow {
                row: target.row,
                aspect: target.fact.aspect(),
                before: current.value.clone(),
                after: new.clone(),
                word: new_word.clone(),
                occurred_at: target.occurred_at,
                arrival: target.arrival,
            });
        }
        if !(is_same && is_same_word) {
            changes.set(target);
        }
        changes.facts.insert(target.key(), (new.clone(), new_word.clone(), target.occurred_at));
        (current.value, current.word) = (Some(new), new_word.or_else(|| current.word.take()));
        current.told_at = Some(target.occurred_at);
        verdicts.push(if is_same { Verdict::Same } else { Verdict::Changed });
    }
    (changes, verdicts)
}

/// Whether the provider's table has a word for it.
fn is_possible(target: &Target<'_>) -> bool {
    match target.fact {
        Fact::ChannelStatus { status, .. } => words::stored(*status, target.row.provider).is_some(),
        _ => true,
    }
}
