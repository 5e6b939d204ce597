use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline_core::legacy::{Conflict, LegacyChannel};
use trunkline_migrate::Interrupt;
use trunkline_store::Executor;
use trunkline_store::import::{
    PlannedCompany, PlannedConflict, Planning, Platform, SourceRow, Task, Verdict, clear_plan,
    forget_other_plans, insert_planned_companies, insert_planned_conflicts, skipped_types, survey,
};

use super::progress::Gauge;
use crate::State;
use crate::problem::Problem;
use crate::providers::{ProviderAccess, TokenAnswer, TokenChecks};

/// So many companies are written at once.
const COMPANIES: usize = 5_000;

/// Finds out what a run would do, and keeps it as rows; `None` if it was asked to stop.
///
/// In memory are the counts of companies and what [`survey`] keeps; what is found of rows goes to the table batch by batch.
pub(super) async fn make(
    state: &State,
    task: &Task,
    gauge: &Gauge,
    interrupt: &Interrupt,
) -> Result<Option<Value>, Problem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let platform = Platform::inspect(executor).await?;
    clear_plan(executor, task.id).await?;
    let total = platform.count(executor).await?;
    let mut read = |rows| gauge.set("reading", rows, total);
    let surveyed = survey(executor, &platform, interrupt, &mut read).await?;
    let Some(survey) = surveyed else { return Ok(None) };
    let checks = if task.asks_provider {
        Some(TokenChecks::open(ProviderAccess::from(state)).await?)
    } else {
        None
    };
    let phase = if checks.is_some() { "asking" } else { "comparing" };
    let mut planning =
        Planning::new(&platform, &survey, Some(&state.keys), task.policy, task.company_id);
    let mut counted = Counted::default();
    let mut answers = Answers::default();
    while !interrupt.is_requested() {
        gauge.set(phase, counted.rows, survey.rows);
        let Some(judged) = planning.next(executor).await? else {
            return counted
                .keep(executor, task, &platform, checks.is_some().then_some(answers))
                .await;
        };
        let found = match &checks {
            Some(checks) => {
                let before = counted.rows;
                let mut told = |rows: usize| gauge.set(phase, before + rows as u64, survey.rows);
                answers.ask(checks, &judged, interrupt, &mut told).await
            }
            None => BTreeMap::new(),
        };
        let conflicts = conflicts(&judged, found);
        insert_planned_conflicts(executor, task.id, &conflicts).await?;
        counted.add(&judged, &conflicts);
    }
    Ok(None)
}

/// What there is to decide in a batch.
fn conflicts(
    judged: &[(SourceRow, Verdict)],
    mut found: BTreeMap<i64, (Conflict, String)>,
) -> Vec<PlannedConflict> {
    judged
        .iter()
        .filter_map(|(row, verdict)| PlannedConflict::of(row, verdict, found.remove(&row.id)))
        .collect()
}

/// What the providers said, in numbers.
#[derive(Default)]
struct Answers {
    good: u64,
    refused: u64,
    noted: BTreeMap<&'static str, u64>,
    not_asked: u64,
    /// Why the first of them were not.
    reasons: Vec<String>,
}

impl Answers {
    /// Asks about the tokens of a batch; gives those that are refused.
    async fn ask(
        &mut self,
        checks: &TokenChecks,
        judged: &[(SourceRow, Verdict)],
        interrupt: &Interrupt,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> BTreeMap<i64, (Conflict, String)> {
        let asked: Vec<(i64, &LegacyChannel)> = judged
            .iter()
            .filter_map(|(row, _)| Some((row.id, &**row.reading.as_ref().ok()?)))
            .filter(|(_, channel)| channel.secret.is_some())
            .collect();
        let channels: Vec<&LegacyChannel> = asked.iter().map(|(_, channel)| *channel).collect();
        let answers = checks.ask_all(&channels, interrupt, progress).await;
        let mut found = BTreeMap::new();
        for ((row, _), answer) in asked.into_iter().zip(answers) {
            match answer {
                TokenAnswer::Good => self.good += 1,
                TokenAnswer::Noted(note, _) => {
                    self.good += 1;
                    *self.noted.entry(note.as_str()).or_default() += 1;
                }
                TokenAnswer::Refused(conflict, words) => {
                    self.refused += 1;
                    found.insert(row, (conflict, words));
                }
                TokenAnswer::Unknown(why) => {
                    self.not_asked += 1;
                    if self.reasons.len() < 5 && !self.reasons.contains(&why) {
                        self.reasons.push(why);
                    }
                }
            }
        }
        found
    }

    fn shown(self) -> Value {
        json!({
            "good": self.good,
            "refused": self.refused,
            "not_asked": self.not_asked,
            "reasons": self.reasons,
            "notes": self.noted,
        })
    }
}

/// The counts, by company.
#[derive(Default)]
struct Counted {
    companies: BTreeMap<Option<i32>, PlannedCompany>,
    /// What there is to decide, by kind.
    conflicts: BTreeMap<&'static str, u64>,
    rows: u64,
}

impl Counted {
    fn add(&mut self, judged: &[(SourceRow, Verdict)], conflicts: &[PlannedConflict]) {
        self.rows += judged.len() as u64;
        for found in conflicts {
            *self.conflicts.entry(found.conflict.as_str()).or_default() += 1;
        }
        for (row, verdict) in judged {
            self.company(row.company_id, row.company.as_deref()).add(verdict);
        }
    }

    fn company(&mut self, id: Option<i32>, name: Option<&str>) -> &mut PlannedCompany {
        self.companies.entry(id).or_insert_with(|| PlannedCompany {
            company_id: id,
            company: name.map(str::to_owned),
            ..PlannedCompany::default()
        })
    }

    /// Keeps the counts, and gives the sum of them.
    async fn keep(
        mut self,
        executor: Executor<'_>,
        task: &Task,
        platform: &Platform,
        answers: Option<Answers>,
    ) -> Result<Option<Value>, Problem> {
        for of_type in skipped_types(executor, platform, task.company_id).await? {
            let company = self.company(of_type.company_id, of_type.company.as_deref());
            company.skipped += of_type.rows.cast_signed();
        }
        let mut companies: Vec<PlannedCompany> = self.companies.into_values().collect();
        for (place, company) in (1..).zip(&mut companies) {
            company.place = place;
        }
        for some in companies.chunks(COMPANIES) {
            insert_planned_companies(executor, task.id, some).await?;
        }
        forget_other_plans(executor, task.id).await?;
        let sum = |number: fn(&PlannedCompany) -> i64| companies.iter().map(number).sum::<i64>();
        Ok(Some(json!({
            "companies": companies.len(),
            "create": sum(|company| company.creates),
            "update": sum(|company| company.updates),
            "already_there": sum(|company| company.already_there),
            "conflict": sum(|company| company.conflicts),
            "left_out": sum(|company| company.left_out),
            "skipped": sum(|company| company.skipped),
            "conflicts": self.conflicts,
            "tokens": answers.map(Answers::shown),
        })))
    }
}
