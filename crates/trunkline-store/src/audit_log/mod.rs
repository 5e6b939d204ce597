//! The audit log: entries are added, and never changed.

mod chain;
mod list;

use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_core::UnknownWord;

use crate::{Executor, StoreError};

pub use chain::{AuditChain, AuditFault, verify_audit_chain};
pub use list::{AuditEntry, AuditFilter, list_audit_actions, list_audit_entries};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The id of the user or API key.
    pub id: Option<i32>,
    /// The user's email address, the API key's name, or the login of the operating system.
    pub name: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// The request in which it was done.
    pub request_id: Option<String>,
}

/// What kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Somebody signed in.
    User,
    /// A program with an API key.
    ApiKey,
    /// Somebody at the command line.
    Command,
    /// Trunkline itself.
    System,
}

impl ActorKind {
    /// Every one.
    pub const ALL: &[Self] = &[Self::User, Self::ApiKey, Self::Command, Self::System];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::Command => "command",
            Self::System => "system",
        }
    }
}

impl FromStr for ActorKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownWord {
            word: word.to_owned(),
            vocabulary: Self::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// What was done to what.
#[derive(Debug, Clone, Default)]
pub struct Act<'a> {
    /// `object.verb`, as `partner_account.updated`.
    pub action: &'a str,
    /// What it was done to, as `partner_account`.
    pub object_kind: &'a str,
    /// Which one.
    pub object_id: String,
    /// The company that it concerns.
    pub company_id: Option<i32>,
    /// The object before; secrets as fingerprints.
    pub before: Option<Value>,
    /// The object after; secrets as fingerprints.
    pub after: Option<Value>,
}

impl<'a> Act<'a> {
    /// What is done to a user.
    pub fn on_user(action: &'a str, id: i32) -> Self {
        Self { action, object_kind: "user", object_id: id.to_string(), ..Self::default() }
    }
}

/// Adds an entry, in the transaction of what was done.
///
/// Entries are chained, so writers take turns until they commit: make it the transaction's last query.
pub async fn insert_audit_entry(
    executor: Executor<'_>,
    actor: &Actor,
    act: &Act<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        INSERT INTO trunkline.audit_log (occurred_at, actor_kind, actor_id, actor_name, action,
            object_kind, object_id, company_id, address, request_id, before, after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let address = actor.address.map(|address| address.to_string());
    executor
        .execute(
            "write the audit log",
            query,
            &[
                &now,
                &actor.kind.as_str(),
                &actor.id,
                &actor.name,
                &act.action,
                &act.object_kind,
                &act.object_id,
                &act.company_id,
                &address,
                &actor.request_id,
                &act.before,
                &act.after,
            ],
        )
        .await?;
    Ok(())
}
