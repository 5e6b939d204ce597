use trunkline_core::secrets::KeyRing;
use trunkline_migrate::Interrupt;

use super::judge::Judge;
use super::lookup::Existing;
use super::{Platform, Policy, SkippedType, SourceRow, Survey, Verdict};
use crate::{Executor, StoreError};

/// Judges every row of the company, or of all, and shows it; writes nothing. `false` if it was asked to stop.
///
/// Without a key ring it does not see that a secret was changed since it was imported.
#[expect(
    clippy::too_many_arguments,
    reason = "each says another thing, and a struct of them would be made here alone"
)]
pub async fn plan(
    executor: Executor<'_>,
    platform: &Platform,
    survey: &Survey,
    ring: Option<&KeyRing>,
    policy: Policy,
    company: Option<i32>,
    interrupt: &Interrupt,
    show: &mut (dyn FnMut(&SourceRow, &Verdict) + Send),
) -> Result<bool, StoreError> {
    let judge = Judge { contests: &survey.contests, policy, ring };
    let mut after = i64::MIN;
    loop {
        if interrupt.is_requested() {
            return Ok(false);
        }
        let mut rows = platform.read(executor, after).await?;
        let Some(last) = rows.last() else { return Ok(true) };
        after = last.id;
        rows.retain(|row| company.is_none() || row.company_id == company);
        let existing = Existing::of(executor, &rows).await?;
        for row in &rows {
            show(row, &judge.judge(row, &existing));
        }
    }
}

/// The rows whose type is left alone, counted by company.
pub async fn skipped_types(
    executor: Executor<'_>,
    platform: &Platform,
    company: Option<i32>,
) -> Result<Vec<SkippedType>, StoreError> {
    let mut skipped = platform.skipped(executor).await?;
    skipped.retain(|counted| company.is_none() || counted.company_id == company);
    Ok(skipped)
}
