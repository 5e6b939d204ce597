use jiff::Timestamp;
use trunkline_core::syncs::{SyncFindingKind, SyncOutcome, SyncSubject};

use crate::database::Parameters;
use crate::row::word;
use crate::{Executor, StoreError, Window};

/// Where what the provider says and what we had differ, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFinding {
    /// In which way they differ.
    pub kind: SyncFindingKind,
    /// What was done about it.
    pub outcome: SyncOutcome,
    /// What it is about.
    pub subject: SyncSubject,
    /// Row of the provider's table of clients or channels, if there is one.
    pub subject_id: Option<i32>,
    /// The provider's id of it.
    pub subject_key: String,
    /// What people know it by: a number, a name.
    pub label: Option<String>,
    /// Whose it is.
    pub company_id: Option<i32>,
    /// Of what the two speak: `status`, `quality`, …
    pub aspect: Option<&'static str>,
    /// What we had, in our word.
    pub ours: Option<String>,
    /// What the provider says, in our word.
    pub theirs: Option<String>,
    /// The provider's own word.
    pub provider_word: Option<String>,
}

/// A finding as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncFinding {
    /// Its id; later ones have greater ones.
    pub id: i64,
    /// In which way they differ.
    pub kind: SyncFindingKind,
    /// What was done about it.
    pub outcome: SyncOutcome,
    /// What it is about.
    pub subject: SyncSubject,
    /// Row of the provider's table of clients or channels, if there is one.
    pub subject_id: Option<i32>,
    /// The provider's id of it.
    pub subject_key: String,
    /// What people know it by: a number, a name.
    pub label: Option<String>,
    /// Whose it is.
    pub company_id: Option<i32>,
    /// Of what the two speak: `status`, `quality`, …
    pub aspect: Option<String>,
    /// What we had, in our word.
    pub ours: Option<String>,
    /// What the provider says, in our word.
    pub theirs: Option<String>,
    /// The provider's own word.
    pub provider_word: Option<String>,
    /// When it was found.
    pub found_at: Timestamp,
}

/// Writes down what a run found.
pub async fn insert_sync_findings(
    executor: Executor<'_>,
    run_id: i64,
    findings: &[NewFinding],
    now: Timestamp,
) -> Result<(), StoreError> {
    if findings.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&NewFinding) -> Option<&str>| findings.iter().map(of).collect::<Vec<_>>();
    let kinds = texts(|finding| Some(finding.kind.as_str()));
    let outcomes = texts(|finding| Some(finding.outcome.as_str()));
    let subjects = texts(|finding| Some(finding.subject.as_str()));
    let keys = texts(|finding| Some(&finding.subject_key));
    let labels = texts(|finding| finding.label.as_deref());
    let aspects = texts(|finding| finding.aspect);
    let ours = texts(|finding| finding.ours.as_deref());
    let theirs = texts(|finding| finding.theirs.as_deref());
    let words = texts(|finding| finding.provider_word.as_deref());
    let rows: Vec<Option<i32>> = findings.iter().map(|finding| finding.subject_id).collect();
    let companies: Vec<Option<i32>> = findings.iter().map(|finding| finding.company_id).collect();
    let query = "
        INSERT INTO trunkline.sync_findings (run_id, found_at, kind, outcome, subject, subject_key, label, aspect, ours,
            theirs, provider_word, subject_id, company_id)
        SELECT $1::BIGINT, $2::TIMESTAMPTZ, found.*
        FROM unnest($3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[], $9::TEXT[], $10::TEXT[],
            $11::TEXT[], $12::INTEGER[], $13::INTEGER[]) AS found";
    let parameters: Parameters<'_> = &[
        &run_id, &now, &kinds, &outcomes, &subjects, &keys, &labels, &aspects, &ours, &theirs,
        &words, &rows, &companies,
    ];
    executor.execute("write down what a sync found", query, parameters).await?;
    Ok(())
}

/// What a run found, in the order in which it did; the window's place is the id.
pub async fn list_sync_findings(
    executor: Executor<'_>,
    run_id: i64,
    kind: Option<SyncFindingKind>,
    window: &Window<i64>,
) -> Result<Vec<SyncFinding>, StoreError> {
    let query = "
        SELECT id, kind, outcome, subject, subject_id, subject_key, label, company_id, aspect, ours, theirs,
            provider_word, found_at
        FROM trunkline.sync_findings
        WHERE run_id = $1 AND id > $2 AND ($3::TEXT IS NULL OR kind = $3)
        ORDER BY id
        LIMIT $4";
    let after = window.after.unwrap_or(i64::MIN);
    let kind = kind.map(SyncFindingKind::as_str);
    let parameters: Parameters<'_> = &[&run_id, &after, &kind, &window.rows()];
    let rows = executor.rows("list what a sync found", query, parameters).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(SyncFinding {
            id: row.get("id"),
            kind: word(row, "kind")?,
            outcome: word(row, "outcome")?,
            subject: word(row, "subject")?,
            subject_id: row.get("subject_id"),
            subject_key: row.get("subject_key"),
            label: row.get("label"),
            company_id: row.get("company_id"),
            aspect: row.get("aspect"),
            ours: row.get("ours"),
            theirs: row.get("theirs"),
            provider_word: row.get("provider_word"),
            found_at: row.get("found_at"),
        })
    };
    rows.iter().map(read).collect()
}
