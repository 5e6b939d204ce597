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
    let mut planning = Planning::new(platform, survey, ring, policy, company);
    loop {
        if interrupt.is_requested() {
            return Ok(false);
        }
        let Some(judged) = planning.next(executor).await? else { return Ok(true) };
        for (row, verdict) in &judged {
            show(row, verdict);
        }
    }
}

/// A plan that is made batch by batch, for those who do more with each than look at it.
pub struct Planning<'a> {
    platform: &'a Platform,
    judge: Judge<'a>,
    company: Option<i32>,
    after: i64,
}

impl<'a> Planning<'a> {
    /// From the first row on; without a key ring it does not see that a secret was changed since it was imported.
    pub fn new(
        platform: &'a Platform,
        survey: &'a Survey,
        ring: Option<&'a KeyRing>,
        policy: Policy,
        company: Option<i32>,
    ) -> Self {
        let judge = Judge::new(platform, survey, policy, ring);
        Self { platform, judge, company, after: i64::MIN }
    }

    /// The next rows and what would become of them; `None` at the end.
    pub async fn next(
        &mut self,
        executor: Executor<'_>,
    ) -> Result<Option<Vec<(SourceRow, Verdict)>>, StoreError> {
        let mut rows = self.platform.read(executor, self.after).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = last.id;
        rows.retain(|row| self.company.is_none() || row.company_id == self.company);
        let existing = Existing::of(executor, self.judge, &rows).await?;
        let judged = rows.into_iter().map(|row| {
            let verdict = self.judge.judge(&row, &existing);
            (row, verdict)
        });
        Ok(Some(judged.collect()))
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
