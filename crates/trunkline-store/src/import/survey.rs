use trunkline_core::legacy::{Census, Contention, Contests, Facts};
use trunkline_migrate::Interrupt;

use super::{Platform, SourceRow};
use crate::{Executor, StoreError};

/// What only shows when all rows are seen.
#[derive(Debug, Default)]
pub struct Survey {
    /// Rows of the types that are taken over.
    pub rows: u64,
    /// Those that contend for a number or an account.
    pub contests: Contests,
}

/// Reads all rows, and once more if some seem to contend; `None` if it was asked to stop.
///
/// It keeps a hash of each id of a row. `progress` hears how many rows were read.
pub async fn survey(
    executor: Executor<'_>,
    platform: &Platform,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Option<Survey>, StoreError> {
    let mut census = Census::default();
    let mut count = |_: &SourceRow, facts: &Facts| census.count(facts);
    let rows = each(executor, platform, interrupt, progress, &mut count).await?;
    let Some(rows) = rows else { return Ok(None) };
    let suspects = census.suspects();
    if suspects.is_empty() {
        return Ok(Some(Survey { rows, contests: Contests::default() }));
    }
    let mut contention = Contention::new(suspects);
    let mut add = |row: &SourceRow, facts: &Facts| contention.add(row.id, row.changed_at, facts);
    if each(executor, platform, interrupt, progress, &mut add).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(Survey { rows, contests: contention.settle() }))
}

/// Shows every row that can be read; returns how many rows there are, unless it was asked to stop.
async fn each(
    executor: Executor<'_>,
    platform: &Platform,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(u64) + Send),
    show: &mut (dyn FnMut(&SourceRow, &Facts) + Send),
) -> Result<Option<u64>, StoreError> {
    let (mut after, mut rows) = (i64::MIN, 0);
    loop {
        if interrupt.is_requested() {
            return Ok(None);
        }
        let batch = platform.read(executor, after).await?;
        let Some(last) = batch.last() else { return Ok(Some(rows)) };
        after = last.id;
        rows += batch.len() as u64;
        for row in &batch {
            if let Ok(channel) = &row.reading {
                show(row, &channel.facts);
            }
        }
        progress(rows);
    }
}
