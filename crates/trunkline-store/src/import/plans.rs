//! What a plan found, as rows: written batch by batch while it is made, and read a page at a time.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::legacy::{Choice, Conflict};

use super::decisions::Decided;
use super::{Rival, SOURCE, SourceRow, Verdict};
use crate::row::word;
use crate::{Executor, StoreError, Window};

/// What would become of the rows of a company.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedCompany {
    /// In the order of their ids, from 1.
    pub place: i32,
    /// The company; `None`: rows without one.
    pub company_id: Option<i32>,
    /// Its name.
    pub company: Option<String>,
    /// Channels that would be made.
    pub creates: i64,
    /// Channels that would be brought up to date.
    pub updates: i64,
    /// Rows whose channel is there.
    pub already_there: i64,
    /// Rows that cannot be taken over.
    pub conflicts: i64,
    /// Rows that somebody decided to leave out.
    pub left_out: i64,
    /// Rows of other types.
    pub skipped: i64,
}

impl PlannedCompany {
    /// Counts a row.
    pub fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Create => &mut self.creates,
            Verdict::Update => &mut self.updates,
            Verdict::AlreadyThere | Verdict::Adopt { .. } => &mut self.already_there,
            Verdict::Conflict(_) => &mut self.conflicts,
            Verdict::LeftOut(_) => &mut self.left_out,
        } += 1;
    }
}

/// A row that a plan cannot take over, or about which somebody decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedConflict {
    /// Its id in `channel_connections`.
    pub source_row: i64,
    /// What is wrong.
    pub conflict: Conflict,
    /// Its company.
    pub company_id: Option<i32>,
    /// The name of the company.
    pub company: Option<String>,
    /// Its type.
    pub channel_type: String,
    /// Its number, or the channel's id.
    pub label: Option<String>,
    /// The row that contends.
    pub rival_row: Option<i64>,
    /// The company that has it in the partner tables.
    pub rival_company: Option<i32>,
    /// When the row was changed last.
    pub changed_at: Timestamp,
    /// The provider's words.
    pub detail: Option<String>,
    /// What was decided about this conflict.
    pub decided: Option<Decided>,
}

impl PlannedConflict {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        self.conflict.remedy(self.source_row, self.rival_company.is_some(), "")
    }

    /// What a plan keeps of a row, unless there is nothing to decide; `found` is what the provider said of it.
    pub fn of(
        row: &SourceRow,
        verdict: &Verdict,
        found: Option<(Conflict, String)>,
    ) -> Option<Self> {
        let (conflict, rival) = match (verdict, row.decision) {
            (Verdict::Conflict(problem) | Verdict::LeftOut(problem), _) => {
                (problem.conflict, problem.rival)
            }
            _ if found.is_some() => (found.as_ref()?.0, None),
            (_, Some(decision)) if decision.choice != Choice::LeaveOut => (decision.conflict, None),
            _ => return None,
        };
        let label = row.reading.as_ref().ok().map(|channel| {
            let facts = &channel.facts;
            facts.phone_number.clone().unwrap_or_else(|| facts.channel_id.clone())
        });
        let (rival_row, rival_company) = match rival {
            Some(Rival::Row(row)) => (Some(row), None),
            Some(Rival::Company(company)) => (None, Some(company)),
            None => (None, None),
        };
        Some(Self {
            source_row: row.id,
            conflict,
            company_id: row.company_id,
            company: row.company.clone(),
            channel_type: row.channel_type.clone(),
            label,
            rival_row,
            rival_company,
            changed_at: Timestamp::from_millisecond(row.changed_at).unwrap_or_default(),
            detail: found.map(|(_, words)| words),
            decided: None,
        })
    }

    /// What may be decided. What another company has in the partner tables already is not taken from it.
    pub fn choices(&self) -> &'static [Choice] {
        if self.rival_company.is_some() { &[Choice::LeaveOut] } else { self.conflict.choices() }
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let is_decided = row.get::<_, Option<&str>>("choice").is_some();
        Ok(Self {
            source_row: row.get("source_row"),
            conflict: word(row, "conflict")?,
            company_id: row.get("company_id"),
            company: row.get("company"),
            channel_type: row.get("channel_type"),
            label: row.get("label"),
            rival_row: row.get("rival_row"),
            rival_company: row.get("rival_company"),
            changed_at: row.get("changed_at"),
            detail: row.get("detail"),
            decided: is_decided.then(|| Decided::read(row)).transpose()?,
        })
    }
}

/// Begins a plan anew: a process that worked on it before may have written some.
pub async fn clear_plan(executor: Executor<'_>, task: i32) -> Result<(), StoreError> {
    let query = "
        WITH companies AS (
            DELETE FROM trunkline.import_plan_companies
            WHERE task_id = $1
        )
        DELETE FROM trunkline.import_plan_conflicts
        WHERE task_id = $1";
    executor.execute("begin a plan anew", query, &[&task]).await?;
    Ok(())
}

/// Forgets what earlier plans found; only the last one is of use.
pub async fn forget_other_plans(executor: Executor<'_>, task: i32) -> Result<(), StoreError> {
    let query = "
        WITH companies AS (
            DELETE FROM trunkline.import_plan_companies
            WHERE task_id <> $1
        )
        DELETE FROM trunkline.import_plan_conflicts
        WHERE task_id <> $1";
    executor.execute("forget earlier plans", query, &[&task]).await?;
    Ok(())
}

/// Keeps what was found of a batch.
pub async fn insert_planned_conflicts(
    executor: Executor<'_>,
    task: i32,
    found: &[PlannedConflict],
) -> Result<(), StoreError> {
    if found.is_empty() {
        return Ok(());
    }
    let query = "
        INSERT INTO trunkline.import_plan_conflicts (task_id, source_row, conflict, company_id, company, channel_type, label,
            rival_row, rival_company, changed_at, detail)
        SELECT $1, source_row, conflict, company_id, company, channel_type, label, rival_row, rival_company, changed_at, detail
        FROM unnest($2::BIGINT[], $3::TEXT[], $4::INTEGER[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::BIGINT[], $9::INTEGER[],
            $10::TIMESTAMPTZ[], $11::TEXT[])
            AS found (source_row, conflict, company_id, company, channel_type, label, rival_row, rival_company, changed_at,
                detail)";
    let rows: Vec<i64> = found.iter().map(|found| found.source_row).collect();
    let conflicts: Vec<&str> = found.iter().map(|found| found.conflict.as_str()).collect();
    let company_ids: Vec<Option<i32>> = found.iter().map(|found| found.company_id).collect();
    let companies: Vec<Option<&str>> = found.iter().map(|found| found.company.as_deref()).collect();
    let types: Vec<&str> = found.iter().map(|found| found.channel_type.as_str()).collect();
    let labels: Vec<Option<&str>> = found.iter().map(|found| found.label.as_deref()).collect();
    let rival_rows: Vec<Option<i64>> = found.iter().map(|found| found.rival_row).collect();
    let rivals: Vec<Option<i32>> = found.iter().map(|found| found.rival_company).collect();
    let times: Vec<Timestamp> = found.iter().map(|found| found.changed_at).collect();
    let details: Vec<Option<&str>> = found.iter().map(|found| found.detail.as_deref()).collect();
    executor
        .execute(
            "keep what a plan found",
            query,
            &[
                &task,
                &rows,
                &conflicts,
                &company_ids,
                &companies,
                &types,
                &labels,
                &rival_rows,
                &rivals,
                &times,
                &details,
            ],
        )
        .await?;
    Ok(())
}

/// Keeps the counts of companies.
pub async fn insert_planned_companies(
    executor: Executor<'_>,
    task: i32,
    companies: &[PlannedCompany],
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.import_plan_companies (task_id, place, company_id, company, creates, updates, already_there,
            conflicts, left_out, skipped)
        SELECT $1, place, company_id, company, creates, updates, already_there, conflicts, left_out, skipped
        FROM unnest($2::INTEGER[], $3::INTEGER[], $4::TEXT[], $5::BIGINT[], $6::BIGINT[], $7::BIGINT[], $8::BIGINT[],
            $9::BIGINT[], $10::BIGINT[])
            AS counted (place, company_id, company, creates, updates, already_there, conflicts, left_out, skipped)";
    let places: Vec<i32> = companies.iter().map(|counted| counted.place).collect();
    let ids: Vec<Option<i32>> = companies.iter().map(|counted| counted.company_id).collect();
    let names: Vec<Option<&str>> =
        companies.iter().map(|counted| counted.company.as_deref()).collect();
    let of =
        |number: fn(&PlannedCompany) -> i64| companies.iter().map(number).collect::<Vec<i64>>();
    executor
        .execute(
            "keep the counts of a plan",
            query,
            &[
                &task,
                &places,
                &ids,
                &names,
                &of(|counted| counted.creates),
                &of(|counted| counted.updates),
                &of(|counted| counted.already_there),
                &of(|counted| counted.conflicts),
                &of(|counted| counted.left_out),
                &of(|counted| counted.skipped),
            ],
        )
        .await?;
    Ok(())
}

/// The companies of a plan; the window's place is theirs.
pub async fn list_planned_companies(
    executor: Executor<'_>,
    task: i32,
    window: &Window<i32>,
) -> Result<Vec<PlannedCompany>, StoreError> {
    let query = "
        SELECT place, company_id, company, creates, updates, already_there, conflicts, left_out, skipped
        FROM trunkline.import_plan_companies
        WHERE task_id = $1 AND place > $2
        ORDER BY place
        LIMIT $3";
    let after = window.after.unwrap_or(0);
    let rows = executor
        .rows("list the companies of a plan", query, &[&task, &after, &window.rows()])
        .await?;
    let company = |row: &Row| PlannedCompany {
        place: row.get(0),
        company_id: row.get(1),
        company: row.get(2),
        creates: row.get(3),
        updates: row.get(4),
        already_there: row.get(5),
        conflicts: row.get(6),
        left_out: row.get(7),
        skipped: row.get(8),
    };
    Ok(rows.iter().map(company).collect())
}

/// Which conflicts are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConflictFilter {
    /// This one.
    pub conflict: Option<Conflict>,
    /// Of this company.
    pub company_id: Option<i32>,
    /// Those about which somebody decided, or nobody did.
    pub is_decided: Option<bool>,
    /// This row alone.
    pub row: Option<i64>,
}

/// The conflicts of a plan, by row; the window's place is the row.
pub async fn list_planned_conflicts(
    executor: Executor<'_>,
    task: i32,
    filter: &ConflictFilter,
    window: &Window<i64>,
) -> Result<Vec<PlannedConflict>, StoreError> {
    let conflict = filter.conflict.map(Conflict::as_str);
    let mut conditions = vec!["planned.task_id = $1".to_owned()];
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&task, &SOURCE];
    macro_rules! demand {
        ($condition:literal, $value:expr) => {
            if let Some(value) = &$value {
                parameters.push(value);
                conditions.push(format!("{} ${}", $condition, parameters.len()));
            }
        };
    }
    demand!("planned.conflict =", conflict);
    demand!("planned.company_id =", filter.company_id);
    demand!("planned.source_row =", filter.row);
    demand!("planned.source_row >", window.after);
    conditions.extend(filter.is_decided.map(|is_decided| {
        if is_decided { "decision.choice IS NOT NULL" } else { "decision.choice IS NULL" }
            .to_owned()
    }));
    let rows = window.rows();
    parameters.push(&rows);
    let query = format!(
        "SELECT planned.source_row, planned.conflict, planned.company_id, planned.company, planned.channel_type,
            planned.label, planned.rival_row, planned.rival_company, planned.changed_at, planned.detail,
            decision.conflict AS decided_conflict, decision.choice, decision.company_id AS assigned_company_id,
            decision.decided_by, decision.decided_at
        FROM trunkline.import_plan_conflicts AS planned
        LEFT JOIN trunkline.import_decisions AS decision
            ON decision.source = $2 AND decision.source_row = planned.source_row
                AND decision.conflict = planned.conflict
        WHERE {}
        ORDER BY planned.source_row
        LIMIT ${}",
        conditions.join(" AND "),
        parameters.len()
    );
    let found = executor.rows("list the conflicts of a plan", &query, &parameters).await?;
    found.iter().map(PlannedConflict::read).collect()
}

/// About how many conflicts of each kind of a plan somebody decided.
pub async fn count_decided_conflicts(
    executor: Executor<'_>,
    task: i32,
) -> Result<Vec<(Conflict, i64)>, StoreError> {
    let query = "
        SELECT planned.conflict, count(*)
        FROM trunkline.import_decisions AS decision
        JOIN trunkline.import_plan_conflicts AS planned
            ON planned.task_id = $1 AND planned.source_row = decision.source_row
                AND planned.conflict = decision.conflict
        WHERE decision.source = $2
        GROUP BY 1
        ORDER BY 1";
    let rows = executor.rows("count the decisions about a plan", query, &[&task, &SOURCE]).await?;
    rows.iter().map(|row| Ok((word(row, "conflict")?, row.get(1)))).collect()
}
