use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::ActorKind;
use crate::row::word;
use crate::{Executor, StoreError, Window};

/// Which entries are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditFilter<'a> {
    /// By actors of this kind.
    pub actor_kind: Option<ActorKind>,
    /// By the user or API key with this id, together with the kind.
    pub actor_id: Option<i32>,
    /// `object.verb`.
    pub action: Option<&'a str>,
    /// About objects of this kind.
    pub object_kind: Option<&'a str>,
    /// About this object, together with the kind.
    pub object_id: Option<&'a str>,
    /// Concerning this company.
    pub company_id: Option<i32>,
    /// Then or later.
    pub since: Option<Timestamp>,
    /// Earlier than that.
    pub until: Option<Timestamp>,
}

/// Who did what, when, from where.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Counted from 1 without a gap.
    pub id: i64,
    /// When.
    pub occurred_at: Timestamp,
    /// What kind of actor.
    pub actor_kind: ActorKind,
    /// The id of the user or API key.
    pub actor_id: Option<i32>,
    /// The user's email address, the API key's name, or the login of the operating system.
    pub actor_name: String,
    /// `object.verb`.
    pub action: String,
    /// What it was done to.
    pub object_kind: String,
    /// Which one.
    pub object_id: String,
    /// The company that it concerns.
    pub company_id: Option<i32>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The object before; secrets are fingerprints.
    pub before: Option<Value>,
    /// The object after.
    pub after: Option<Value>,
}

impl AuditEntry {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            occurred_at: row.get("occurred_at"),
            actor_kind: word(row, "actor_kind")?,
            actor_id: row.get("actor_id"),
            actor_name: row.get("actor_name"),
            action: row.get("action"),
            object_kind: row.get("object_kind"),
            object_id: row.get("object_id"),
            company_id: row.get("company_id"),
            address: row.get("address"),
            request_id: row.get("request_id"),
            before: row.get("before"),
            after: row.get("after"),
        })
    }
}

/// Entries, the newest first; the window's place is the id.
///
/// Only the conditions that are asked for stand in the query, so that each has its index.
pub async fn list_audit_entries(
    executor: Executor<'_>,
    filter: &AuditFilter<'_>,
    window: &Window<i64>,
) -> Result<Vec<AuditEntry>, StoreError> {
    let kind = filter.actor_kind.map(ActorKind::as_str);
    let mut conditions: Vec<String> = Vec::new();
    let mut parameters: Vec<&(dyn ToSql + Sync)> = Vec::new();
    macro_rules! demand {
        ($condition:literal, $value:expr) => {
            if let Some(value) = &$value {
                parameters.push(value);
                conditions.push(format!("{} ${}", $condition, parameters.len()));
            }
        };
    }
    demand!("actor_kind =", kind);
    demand!("actor_id =", filter.actor_id);
    demand!("action =", filter.action);
    demand!("object_kind =", filter.object_kind);
    demand!("object_id =", filter.object_id);
    demand!("company_id =", filter.company_id);
    demand!("occurred_at >=", filter.since);
    demand!("occurred_at <", filter.until);
    demand!("id <", window.after);
    let wanted = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let rows = window.rows();
    parameters.push(&rows);
    let query = format!(
        "SELECT id, occurred_at, actor_kind, actor_id, actor_name, action, object_kind, object_id,
            company_id, address, request_id, before, after
        FROM trunkline.audit_log
        WHERE {wanted}
        ORDER BY id DESC
        LIMIT ${}",
        parameters.len()
    );
    let rows = executor.rows("list the audit log", &query, &parameters).await?;
    rows.iter().map(AuditEntry::read).collect()
}

/// Every action that stands in the log, in order; it leaps from one to the next along the index.
pub async fn list_audit_actions(executor: Executor<'_>) -> Result<Vec<String>, StoreError> {
    let query = "
        WITH RECURSIVE actions AS (
            (SELECT action FROM trunkline.audit_log ORDER BY action LIMIT 1)
            UNION ALL
            SELECT (
                SELECT audit_log.action
                FROM trunkline.audit_log
                WHERE audit_log.action > actions.action
                ORDER BY audit_log.action
                LIMIT 1
            )
            FROM actions
            WHERE actions.action IS NOT NULL
        )
        SELECT action
        FROM actions
        WHERE action IS NOT NULL";
    let rows = executor.rows("list what was done", query, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
