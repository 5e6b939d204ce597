use jiff::Timestamp;

use super::raise::Signal;
use super::{AlertRule, AlertSeverity, raise};
use crate::events::SubjectRow;
use crate::{Executor, StoreError};

/// Opens alerts of rows that their provider does not have, and closes those of rows that it has.
pub async fn note_whether_there(
    executor: Executor<'_>,
    there: &[SubjectRow],
    gone: &[SubjectRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rule = AlertRule::NotThere;
    let close = |row: &SubjectRow| Signal::Close { rule, row: *row, level: None };
    let open = |row: &SubjectRow| Signal::Open {
        rule,
        severity: AlertSeverity::Critical,
        row: *row,
        before: None,
        after: "not there".to_owned(),
        recovers_at: None,
    };
    let signals: Vec<Signal> = there.iter().map(close).chain(gone.iter().map(open)).collect();
    raise(executor, &signals, now).await
}
