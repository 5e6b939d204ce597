//! What can be done with partner accounts, for the REST API and the pages alike: each operation is one
//! transaction with its entry in the audit log.
//!
//! [`fields`] says which fields an account of each provider has; reading, checking, showing and the
//! document of the API all follow it.

mod activity;
mod check;
mod client;
mod create;
mod delete;
mod document;
mod edit;
mod fields;
mod image;
mod input;
mod logo;
mod path;
mod profile;
mod replaced;
mod schema;
mod sealed;
mod shape;
mod webhooks;

use jiff::Timestamp;
use serde_json::{Map, Value};
use trunkline_core::Role;
use trunkline_store::Executor;
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use trunkline_store::partner_accounts::{PartnerAccount, get_partner_account_for_update};

use crate::{Problem, State};

pub(crate) use activity::{DefaultChange, activate, deactivate, make_default};
pub(crate) use check::check;
pub use client::ProviderClient;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use document::{AccountDocument, SecretState};
pub(crate) use edit::{edit, replace_secret};
pub(crate) use fields::{FieldSpec, fields_of, find_field};
pub(crate) use input::refuse;
pub(crate) use logo::{LOGO_BODY, remove_logo, serve_logo, set_logo};
pub(crate) use path::AccountId;
pub(crate) use profile::PublicProfile;
pub(crate) use schema::{NewPartnerAccount, NewSecret, PartnerAccountEdit};
pub(crate) use sealed::Stored;
pub(crate) use webhooks::{Webhook, webhooks};

/// Who changes something, and what they may.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    /// For the audit log.
    pub actor: Actor,
    /// What they may do.
    pub role: Role,
}

/// Adds an account by an owner's hand, with the fields of `POST /api/v1/partner-accounts`; gives the URLs at which its
/// webhooks arrive, that of the account's own events first.
pub async fn add_partner_account(
    state: &State,
    actor: Actor,
    fields: Map<String, Value>,
) -> Result<Vec<String>, Problem> {
    let author = Author { actor, role: Role::Owner };
    let added = create(state, &author, fields).await?;
    Ok(added.webhooks.into_iter().map(|webhook| webhook.url).collect())
}

/// The account, which nobody else changes until the transaction ends.
async fn lock(executor: Executor<'_>, id: i32) -> Result<PartnerAccount, Problem> {
    let found = get_partner_account_for_update(executor, id).await?;
    found.ok_or_else(|| Problem::not_found("partner account"))
}

/// Writes what was done into the audit log; the last thing that a transaction does.
async fn note(
    executor: Executor<'_>,
    author: &Author,
    action: &str,
    id: i32,
    change: (Option<Value>, Option<Value>),
    now: Timestamp,
) -> Result<(), Problem> {
    let act = Act {
        action,
        object_kind: "partner_account",
        object_id: id.to_string(),
        company_id: None,
        before: change.0,
        after: change.1,
    };
    Ok(insert_audit_entry(executor, &author.actor, &act, now).await?)
}
