use jiff::Timestamp;
use tokio_postgres::Row;
use trunkline_core::events::Aspect;

use super::SubjectRow;
use super::facts::ToldBy;
use crate::database::Parameters;
use crate::row::word;
use crate::{Executor, StoreError, Window};

/// A change of a fact, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactChange {
    /// Its id; a greater one was written later.
    pub id: i64,
    /// Of what it speaks.
    pub aspect: Aspect,
    /// What it was; `None`: not known.
    pub before: Option<String>,
    /// What it became.
    pub after: String,
    /// The provider's word.
    pub provider_word: Option<String>,
    /// When, as far as is known.
    pub occurred_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// Who said it.
    pub told_by: ToldBy,
    /// Of an operator: who it was.
    pub actor: Option<String>,
    /// The event that said it.
    pub event_id: Option<i64>,
}

impl FactChange {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            aspect: word(row, "aspect")?,
            before: row.get("before"),
            after: row.get("after"),
            provider_word: row.get("provider_word"),
            occurred_at: row.get("occurred_at"),
            recorded_at: row.get("recorded_at"),
            told_by: word(row, "told_by")?,
            actor: row.get("actor"),
            event_id: row.get("event_id"),
        })
    }
}

/// The changes of a client or channel, the newest first; the window's place is the id.
pub async fn list_fact_history(
    executor: Executor<'_>,
    subject: SubjectRow,
    aspect: Option<Aspect>,
    window: &Window<i64>,
) -> Result<Vec<FactChange>, StoreError> {
    let query = "
        SELECT id, aspect, before, after, provider_word, occurred_at, recorded_at, told_by, actor, event_id
        FROM trunkline.fact_history
        WHERE subject_id = $1
            AND provider = $2
            AND subject = $3
            AND id < $4
            AND ($5::TEXT IS NULL OR aspect = $5)
        ORDER BY id DESC
        LIMIT $6";
    let after = window.after.unwrap_or(i64::MAX);
    let aspect = aspect.map(Aspect::as_str);
    let (provider, kind) = (subject.provider.as_str(), subject.kind.as_str());
    let parameters: Parameters<'_> =
        &[&subject.id, &provider, &kind, &after, &aspect, &window.rows()];
    let rows = executor.rows("list the history of facts", query, parameters).await?;
    rows.iter().map(FactChange::read).collect()
}
