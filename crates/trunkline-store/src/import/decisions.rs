//! What people decided about conflicts. A decision stands by itself: every run honours it, until the row has another
//! conflict or none.

use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::legacy::{Choice, Conflict};

use super::SOURCE;
use crate::row::word;
use crate::{Executor, StoreError};

/// What was decided about a row, as its reading brings it along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decision {
    pub(super) conflict: Conflict,
    pub(super) choice: Choice,
    /// In milliseconds.
    pub(super) decided_at: i64,
}

/// The company that was assigned to a row whose own does not exist.
pub(super) type Assigned = Option<(i32, Option<String>)>;

impl Decision {
    /// The five columns from `first` on, the company's id and name the last; a word of a newer release is no decision.
    pub(super) fn of(row: &Row, first: usize) -> (Option<Self>, Assigned) {
        let text = |column: usize| row.get::<_, Option<&str>>(first + column);
        let conflict = text(0).and_then(|word| word.parse().ok());
        let choice = text(1).and_then(|word| word.parse().ok());
        let decision = conflict.zip(choice).map(|(conflict, choice)| Self {
            conflict,
            choice,
            decided_at: row.get::<_, Option<i64>>(first + 2).unwrap_or_default(),
        });
        let assigned: Option<i32> = row.get(first + 3);
        (decision, assigned.map(|id| (id, row.get(first + 4))))
    }

    /// What was chosen, if it was about this conflict.
    pub(super) fn about(self, conflict: Conflict) -> Option<Choice> {
        (self.conflict == conflict).then_some(self.choice)
    }
}

/// A decision, with who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// About which conflict.
    pub conflict: Conflict,
    /// What.
    pub choice: Choice,
    /// For whom the row is taken over, where that was decided.
    pub company_id: Option<i32>,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Decided {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            conflict: word(row, "decided_conflict")?,
            choice: word(row, "choice")?,
            company_id: row.get("assigned_company_id"),
            by: row.get("decided_by"),
            at: row.get("decided_at"),
        })
    }
}

/// Writes down what was decided about a row of the platform's.
///
/// Of rows that contend with it, directly or by others, none stays taken; those of its own company do, where it is the
/// company that they contend for.
pub async fn decide(
    executor: Executor<'_>,
    task: i32,
    row: i64,
    decided: &Decided,
) -> Result<(), StoreError> {
    if decided.choice == Choice::Take {
        let query = "
            WITH RECURSIVE contenders (source_row) AS (
                SELECT $3::BIGINT
                UNION
                SELECT CASE WHEN planned.source_row = known.source_row THEN planned.rival_row ELSE planned.source_row END
                FROM contenders AS known
                JOIN trunkline.import_plan_conflicts AS planned
                    ON planned.source_row = known.source_row OR planned.rival_row = known.source_row
                WHERE planned.task_id = $1 AND planned.rival_row IS NOT NULL
            )
            DELETE FROM trunkline.import_decisions AS decision
            USING contenders, trunkline.import_plan_conflicts AS planned, trunkline.import_plan_conflicts AS taken
            WHERE decision.source = $2 AND decision.source_row = contenders.source_row AND decision.choice = 'take'
                AND planned.task_id = $1 AND planned.source_row = contenders.source_row
                AND taken.task_id = $1 AND taken.source_row = $3
                AND planned.source_row <> $3
                AND (planned.company_id IS DISTINCT FROM taken.company_id OR planned.conflict = 'duplicate_channel_id'
                    -- One number at one provider is one channel, whatever else its rows contend for.
                    OR (planned.channel_type, planned.label) = (taken.channel_type, taken.label))";
        let doing = "take back what was decided about contenders";
        executor.execute(doing, query, &[&task, &SOURCE, &row]).await?;
    }
    let query = "
        INSERT INTO trunkline.import_decisions (source, source_row, conflict, choice, company_id, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (source, source_row) DO UPDATE
        SET conflict = excluded.conflict,
            choice = excluded.choice,
            company_id = excluded.company_id,
            decided_by = excluded.decided_by,
            decided_at = excluded.decided_at";
    let (conflict, choice) = (decided.conflict.as_str(), decided.choice.as_str());
    let Decided { company_id, by, at, .. } = decided;
    let doing = "write down a decision";
    executor
        .execute(doing, query, &[&SOURCE, &row, &conflict, &choice, company_id, by, at])
        .await?;
    Ok(())
}

/// Takes back what was decided about a row; `false` if nothing was.
pub async fn take_back_decision(executor: Executor<'_>, row: i64) -> Result<bool, StoreError> {
    let query = "
        DELETE FROM trunkline.import_decisions
        WHERE source = $1 AND source_row = $2";
    let gone = executor.execute("take back a decision", query, &[&SOURCE, &row]).await?;
    Ok(gone > 0)
}
