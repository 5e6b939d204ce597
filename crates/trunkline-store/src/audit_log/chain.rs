use std::fmt::Write;

use serde::Serialize;

use crate::{Executor, StoreError};

/// What the check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditChain {
    /// Rows that were looked at.
    pub rows: u64,
    /// Ids that are not there, between 1 and the last one.
    pub missing: u64,
    /// Rows whose hash is not that of their content and of the row before.
    pub altered: u64,
    /// The first row at which something is wrong.
    pub first_fault: Option<AuditFault>,
    /// The id and the hash (hexadecimal) of the last row. What is cut off at the end leaves no
    /// trace in the rest: whoever keeps these two elsewhere sees that too.
    pub last: Option<(i64, String)>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum AuditFault {
    /// Rows were taken away.
    Missing {
        /// The first id that is not there.
        id: i64,
    },
    /// The row was altered or put in, or the hash of the row before was.
    Altered {
        /// The row.
        id: i64,
    },
}

impl AuditChain {
    /// Whether every row is there and as it was written.
    pub fn is_whole(&self) -> bool {
        self.first_fault.is_none()
    }

    fn fault(&mut self, fault: AuditFault) {
        self.first_fault.get_or_insert(fault);
    }
}

/// Recomputes the hash of every row, `batch` rows a query; `progress` hears how many are done.
pub async fn verify_audit_chain(
    executor: Executor<'_>,
    batch: u32,
    mut progress: impl FnMut(u64),
) -> Result<AuditChain, StoreError> {
    let query = "
        SELECT (entry).id, (entry).hash, (entry).hash = trunkline.hash_audit_row(
            coalesce(lag((entry).hash) OVER (ORDER BY (entry).id), $2), entry)
        FROM (
            SELECT audit_log AS entry
            FROM trunkline.audit_log
            WHERE id > $1
            ORDER BY id
            LIMIT $3
        ) AS part
        ORDER BY 1";
    let mut chain = AuditChain { rows: 0, missing: 0, altered: 0, first_fault: None, last: None };
    let (mut from, mut known, mut hash) = (i64::MIN, 0, None::<Vec<u8>>);
    loop {
        let parameters: crate::database::Parameters<'_> = &[&from, &hash, &i64::from(batch)];
        let rows = executor.rows("read the audit log", query, parameters).await?;
        for row in &rows {
            let (id, is_right): (i64, bool) = (row.get(0), row.get(2));
            chain.rows += 1;
            if id > known + 1 {
                chain.missing += u64::try_from(id - known - 1).unwrap_or_default();
                chain.fault(AuditFault::Missing { id: known + 1 });
            }
            if !is_right || id <= known {
                chain.altered += 1;
                chain.fault(AuditFault::Altered { id });
            }
            (from, known, hash) = (id, id.max(known), Some(row.get(1)));
        }
        progress(chain.rows);
        if rows.len() < batch as usize {
            break;
        }
    }
    let hexadecimal = |hash: Vec<u8>| {
        hash.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    chain.last = hash.map(|hash| (from, hexadecimal(hash)));
    Ok(chain)
}
