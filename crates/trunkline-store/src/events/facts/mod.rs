//! What is so: a fact is taken unless a newer one is known, and its changes are history.

mod change;
mod current;
mod spread;
mod value;
mod weigh;

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trunkline_core::events::{Aspect, Change, Fact};

use super::subject::{SubjectKind, SubjectRow};
use super::{Arrival, Outcome, Place};
use crate::{Executor, StoreError};

pub(super) use change::Changes;
pub(super) use weigh::Verdict;

/// Who said a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The provider, by itself.
    Webhook,
    /// The provider, when it was asked.
    Sync,
    /// Somebody here.
    Operator,
}

impl ToldBy {
    /// The word in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Sync => "sync",
            Self::Operator => "operator",
        }
    }
}

impl FromStr for ToldBy {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let all = [Self::Webhook, Self::Sync, Self::Operator];
        all.into_iter().find(|known| known.as_str() == word).ok_or(())
    }
}

/// A fact of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    row: SubjectRow,
    fact: &'a Fact,
    occurred_at: Timestamp,
    /// Which event said it.
    arrival: Option<usize>,
}

impl Target<'_> {
    fn key(&self) -> (SubjectRow, Aspect) {
        (self.row, self.fact.aspect())
    }
}

/// What somebody found out about a client or channel.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Of which row.
    pub row: SubjectRow,
    /// What is so.
    pub fact: Fact,
    /// Since when, or when it was asked.
    pub occurred_at: Timestamp,
}

/// What a finding is against what was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// What taking it would come to.
    pub outcome: Outcome,
    /// What was known, in our word.
    pub before: Option<String>,
    /// What is so, in our word.
    pub after: String,
    /// The same in the provider's word, where that is another.
    pub word: Option<String>,
    /// Whether the provider's word is another than the one that was known, whatever ours is.
    pub is_new_word: bool,
}

/// Compares what a sync found with what is known, and changes nothing; what is known stays so until the transaction ends.
pub async fn weigh_findings(
    executor: Executor<'_>,
    findings: &[Finding],
    now: Timestamp,
) -> Result<Vec<Weighed>, StoreError> {
    let targets = targets(findings, now);
    let known = current::load(executor, &targets).await?;
    let before = known.clone();
    let (_, verdicts) = weigh::weigh(&targets, known, ToldBy::Sync, None, now);
    let weighed = targets.iter().zip(verdicts).map(|(target, verdict)| {
        let known = before.get(&target.key());
        let word = value::word(target.fact).map(ToOwned::to_owned);
        Weighed {
            outcome: verdict.outcome(),
            before: known.and_then(|known| known.value.clone()),
            after: value::value(target.fact),
            is_new_word: word.is_some() && known.is_none_or(|known| known.word != word),
            word,
        }
    });
    Ok(weighed.collect())
}

fn targets(findings: &[Finding], now: Timestamp) -> Vec<Target<'_>> {
    fn target(finding: &Finding, now: Timestamp) -> Target<'_> {
        let Finding { row, fact, occurred_at } = finding;
        Target { row: *row, fact, occurred_at: (*occurred_at).min(now), arrival: None }
    }
    findings.iter().map(|finding| target(finding, now)).collect()
}

/// Takes what a sync or an operator found, as it takes what a webhook says; tells which of it changed something.
pub async fn record_findings(
    executor: Executor<'_>,
    findings: &[Finding],
    told_by: ToldBy,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    let targets = targets(findings, now);
    let known = current::load(executor, &targets).await?;
    let (changes, verdicts) = weigh::weigh(&targets, known, told_by, actor, now);
    changes.write(executor, &[]).await?;
    Ok(verdicts.into_iter().map(Verdict::outcome).collect())
}

/// What the facts of new events change; sets the outcome of each.
pub(super) async fn judge(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
    places: &[Option<Place>],
    outcomes: &mut [Outcome],
) -> Result<Changes, StoreError> {
    let mut told: Vec<(usize, &Arrival<'_>, Place, &[Fact])> = Vec::new();
    for (index, (arrival, place)) in arrivals.iter().zip(places).enumerate() {
        if let (Change::Facts(facts), Some(place)) = (&arrival.event.change, place)
            && outcomes[index] == Outcome::Applied
        {
            told.push((index, arrival, *place, facts));
        }
    }
    if told.is_empty() {
        return Ok(Changes::default());
    }
    let targets = spread::targets(executor, &told).await?;
    let known = current::load(executor, &targets).await?;
    let now = arrivals.iter().map(|arrival| arrival.received_at).max().unwrap_or_default();
    let (changes, verdicts) = weigh::weigh(&targets, known, ToldBy::Webhook, None, now);
    for (index, ..) in told {
        let of_event = targets.iter().zip(&verdicts);
        let mut of_event = of_event.filter(|(target, _)| target.arrival == Some(index));
        let best = of_event.clone().map(|(_, verdict)| *verdict).max();
        let is_stale = of_event.next().is_some() && best == Some(Verdict::Stale);
        outcomes[index] = match best {
            Some(Verdict::Changed) => Outcome::Applied,
            _ if is_stale => Outcome::Stale,
            _ => Outcome::Unchanged,
        };
    }
    Ok(changes)
}
