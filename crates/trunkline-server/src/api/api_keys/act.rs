//! What is done to keys, by the API and by the pages: with its audit entry in one transaction.

use jiff::Timestamp;
use serde_json::{Value, json};
use trunkline_core::Role;
use trunkline_core::secrets::Secret;
use trunkline_store::api_keys::{self, ApiKey, NewApiKey};
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use trunkline_store::{StoreError, Transaction};

use crate::State;
use crate::api::Checks;
use crate::auth::{API_KEY_PREFIX, hash_token};
use crate::problem::{FieldProblem, Problem};

const LONGEST_NAME: usize = 100;
/// How much of a key is shown.
const HINT: usize = 8;

/// A key that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct KeyRequest {
    pub name: String,
    pub role: Role,
    pub company_id: Option<i32>,
    pub expires_at: Option<Timestamp>,
    /// The user who asks; `None`: a key does.
    pub created_by: Option<i32>,
}

impl KeyRequest {
    fn check(&self, now: Timestamp) -> Result<(), Problem> {
        let mut checks = Checks::default();
        checks.line("name", &self.name, LONGEST_NAME);
        let message = "a key is an admin, an operator or a viewer, never an owner";
        checks.demand(self.role < Role::Owner, "role", message);
        let is_ahead = self.expires_at.is_none_or(|end| end > now);
        checks.demand(is_ahead, "expires_at", "it lies in the past");
        checks.finish()
    }
}

/// Makes a key; the secret is the key itself, which is nowhere kept.
pub(crate) async fn create_key(
    state: &State,
    actor: &Actor,
    request: &KeyRequest,
) -> Result<(ApiKey, Secret), Problem> {
    let now = state.clock.now();
    request.check(now)?;
    let key = format!("{API_KEY_PREFIX}{}", state.random.token());
    let new = NewApiKey {
        name: request.name.trim(),
        hint: &key[..HINT],
        key_hash: &hash_token(&key),
        company_id: request.company_id,
        role: request.role,
        expires_at: request.expires_at,
        created_by: request.created_by,
    };
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let made = api_keys::insert_api_key(transaction.executor(), &new, now).await;
    let made = made.map_err(|error| refuse_company(error, request.company_id))?;
    let act = act("api_key.created", &made, None, Some(shown(&made)));
    insert_audit_entry(transaction.executor(), actor, &act, now).await?;
    transaction.commit().await?;
    Ok((made, Secret::new(key)))
}

fn refuse_company(error: StoreError, company: Option<i32>) -> Problem {
    if !error.is_constraint("api_keys_company_id_fkey") {
        return error.into();
    }
    let message = format!("there is no company {}", company.unwrap_or_default());
    Problem::invalid(vec![FieldProblem { field: "company_id".to_owned(), message }])
}

/// Refuses a name that a key cannot have.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let mut checks = Checks::default();
    checks.line("name", name, LONGEST_NAME);
    checks.finish()
}

/// Gives a key, which the transaction has locked, another name.
pub(crate) async fn rename_key(
    state: &State,
    actor: &Actor,
    transaction: Transaction<'_>,
    before: &ApiKey,
    name: &str,
) -> Result<ApiKey, Problem> {
    check_name(name)?;
    let now = state.clock.now();
    let name = name.trim();
    let after = api_keys::rename_api_key(transaction.executor(), before.id, name, now).await?;
    let act = act("api_key.renamed", &after, Some(shown(before)), Some(shown(&after)));
    insert_audit_entry(transaction.executor(), actor, &act, now).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Revokes a key, which the transaction has locked; one that is revoked stays as it is.
pub(crate) async fn revoke_key(
    state: &State,
    actor: &Actor,
    transaction: Transaction<'_>,
    before: &ApiKey,
) -> Result<(), Problem> {
    if before.revoked_at.is_some() {
        return Ok(());
    }
    let now = state.clock.now();
    let after = api_keys::revoke_api_key(transaction.executor(), before.id, now).await?;
    let act = act("api_key.revoked", &after, Some(shown(before)), Some(shown(&after)));
    insert_audit_entry(transaction.executor(), actor, &act, now).await?;
    transaction.commit().await?;
    Ok(())
}

fn act<'a>(action: &'a str, key: &ApiKey, before: Option<Value>, after: Option<Value>) -> Act<'a> {
    let (object_id, company_id) = (key.id.to_string(), key.company_id);
    Act { action, object_kind: "api_key", object_id, company_id, before, after }
}

/// A key in the audit log: without its use, which nobody did to it.
fn shown(key: &ApiKey) -> Value {
    json!({
        "name": key.name,
        "hint": key.hint,
        "role": key.role,
        "company_id": key.company_id,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    })
}
