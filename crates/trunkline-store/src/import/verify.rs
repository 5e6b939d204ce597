use trunkline_core::legacy::{CHANNEL_TYPES, Checksum, Choice, Conflict};
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::Interrupt;

use super::judge::Judge;
use super::lookup::Existing;
use super::{Platform, Policy, SOURCE, SourceRow, Survey, Verdict};
use crate::database::Parameters;
use crate::row::words;
use crate::{Executor, StoreError};

/// What was found of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The channel is what the row says.
    Same {
        /// Of the row and of the channel.
        checksum: Checksum,
    },
    /// The channel is not what the row says.
    Different {
        /// Of the row.
        expected: Checksum,
        /// Of the channel.
        found: Checksum,
        /// In what.
        difference: Difference,
    },
    /// Nothing was imported, and `run` would import it.
    Missing {
        /// Of the row.
        expected: Checksum,
    },
    /// It cannot be taken over.
    Conflict(Conflict),
}

impl Finding {
    /// What to do about it, for this row of the source; `None` where nothing is to be done. `options`, each behind a space,
    /// are those of a command that speaks of the same rows.
    pub fn remedy(self, row: i64, options: &str) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(format!("trunkline import run{options}")),
            Self::Different { difference, .. } => Some(match difference {
                Difference::SourceChanged => format!(
                    "trunkline import run{options}; where that calls it a conflict, what that says"
                ),
                Difference::ChannelChanged => format!(
                    "change the platform's row alike; or keep what is here: trunkline import undo --row {row} --changed forget{options}, then trunkline import run{options}"
                ),
                Difference::Secret => format!(
                    "trunkline import run{options} takes a new token of the row; one that was entered here stays: enter it on the platform too"
                ),
                Difference::ChannelGone => format!(
                    "trunkline import run{options} makes it again; to let it go: trunkline import undo --row {row}{options}"
                ),
            }),
            Self::Same { .. } | Self::Conflict(_) => None,
        }
    }

    /// The word for what is not as it should be; `None` where it is, or cannot be taken over.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Different { difference, .. } => Some(difference.as_str()),
            Self::Missing { .. } => Some("missing"),
            Self::Same { .. } | Self::Conflict(_) => None,
        }
    }
}

words! {
    /// In what a channel differs from its row.
    Difference {
        /// The row was changed since.
        SourceChanged = "source_changed",
        /// The channel was changed since.
        ChannelChanged = "channel_changed",
        /// The secret is another, or does not open.
        Secret = "secret",
        /// The channel is gone.
        ChannelGone = "channel_gone",
    }
}

/// What a verification found beside the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Imported rows that the platform has deleted since, or made something else of, the first hundred.
    pub source_gone: Vec<i64>,
    /// It was asked to stop.
    pub is_interrupted: bool,
}

/// Compares every row with what was made of it, and shows what it finds; writes nothing.
///
/// Without a key ring secrets are not compared.
pub async fn verify(
    executor: Executor<'_>,
    platform: &Platform,
    survey: &Survey,
    ring: Option<&KeyRing>,
    company: Option<i32>,
    interrupt: &Interrupt,
    show: &mut (dyn FnMut(&SourceRow, Finding) + Send),
) -> Result<Verification, StoreError> {
    let judge = Judge::new(platform, survey, Policy::Skip, ring);
    let mut after = i64::MIN;
    loop {
        if interrupt.is_requested() {
            return Ok(Verification { is_interrupted: true, ..Verification::default() });
        }
        let mut rows = platform.read(executor, after).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        rows.retain(|row| company.is_none() || row.company_id == company);
        let existing = Existing::of(executor, judge, &rows).await?;
        for row in &rows {
            show(row, find(row, &existing, judge));
        }
    }
    if let Some(given) = &platform.given {
        let source_gone = given.gone(executor, company).await?;
        return Ok(Verification { source_gone, is_interrupted: false });
    }
    let query = "
        SELECT source_row
        FROM trunkline.import_sources AS record
        WHERE record.source = $1
            AND ($2::INTEGER IS NULL OR record.company_id = $2)
            AND NOT EXISTS (
                SELECT
                FROM public.channel_connections AS source
                WHERE source.id = record.source_row AND source.channel_type = ANY ($3::TEXT[])
            )
        ORDER BY source_row
        LIMIT 100";
    let types = CHANNEL_TYPES.as_slice();
    let parameters: Parameters<'_> = &[&SOURCE, &company, &types];
    let gone = executor.rows("look for rows that are gone", query, parameters).await?;
    let source_gone = gone.iter().map(|row| row.get(0)).collect();
    Ok(Verification { source_gone, is_interrupted: false })
}

/// What is found of a row; that somebody leaves a difference as it is is no difference.
fn find(row: &SourceRow, existing: &Existing, judge: Judge<'_>) -> Finding {
    let found = compare(row, existing, judge);
    if !matches!(found, Finding::Different { .. }) {
        return found;
    }
    match judge.judge(row, existing) {
        Verdict::LeftOut(problem) => Finding::Conflict(problem.conflict),
        // Changed here alone: no conflict for a run.
        _ if row.chose(Conflict::ChangedHere) == Some(Choice::LeaveOut) => {
            Finding::Conflict(Conflict::ChangedHere)
        }
        _ => found,
    }
}

fn compare(row: &SourceRow, existing: &Existing, judge: Judge<'_>) -> Finding {
    let channel = match &row.reading {
        Ok(channel) => channel,
        Err(conflict) => return Finding::Conflict(*conflict),
    };
    let expected = channel.facts.checksum();
    let Some(record) = &row.record else {
        return match judge.judge(row, existing) {
            Verdict::Conflict(problem) | Verdict::LeftOut(problem) => {
                Finding::Conflict(problem.conflict)
            }
            _ => Finding::Missing { expected },
        };
    };
    let different =
        |found: Checksum, difference| Finding::Different { expected, found, difference };
    let stored = existing.channel_of_row(record.provider, record.channel_row);
    let Some(stored) = stored else {
        return different(Checksum::default(), Difference::ChannelGone);
    };
    let found = stored.facts.checksum();
    // A channel that was there before has its own name and number; it is the same if it is that channel.
    let is_same = if record.made_channel {
        stored.facts == stored.told(&channel.facts)
    } else {
        stored.is_of(&channel.facts)
    };
    if !is_same {
        let changed = if record.checksum == expected {
            Difference::ChannelChanged
        } else {
            Difference::SourceChanged
        };
        return different(found, changed);
    }
    let is_same = channel.secret.as_ref().is_none_or(|secret| {
        stored.secret.is_some() && judge.ring.is_none_or(|ring| stored.has_secret(ring, secret))
    });
    if is_same {
        Finding::Same { checksum: expected }
    } else {
        different(found, Difference::Secret)
    }
}
