use super::run::RunReport;
use crate::{Executor, StoreError};

/// Writes down that a run begins; returns its number.
pub(super) async fn begin_run(executor: Executor<'_>, source: &str) -> Result<i32, StoreError> {
    let query = "
        INSERT INTO trunkline.import_runs (source)
        VALUES ($1)
        RETURNING id";
    let row = executor.row("begin a run of the import", query, &[&source]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// Writes down what a run did.
pub(super) async fn end_run(
    executor: Executor<'_>,
    run: i32,
    report: &RunReport,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.import_runs
        SET ended_at = now(), created = $2, updated = $3, conflicts = $4
        WHERE id = $1";
    let counts = [report.created, report.updated, report.conflicts].map(u64::cast_signed);
    executor
        .execute("end a run of the import", query, &[&run, &counts[0], &counts[1], &counts[2]])
        .await?;
    Ok(())
}
