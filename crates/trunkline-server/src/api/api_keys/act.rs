//! What is done to keys, by the API and by the pages: with its audit entry in one transaction.

use jiff::Timestamp;
use serde_json::{Value, json};
use trunkline_core::secrets::Secret;
use trunkline_core::{Permission, Role};
use trunkline_store::api_keys::{self, ApiKey, NewApiKey};
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use trunkline_store::{StoreError, Transaction};

use crate::State;
use crate::api::Checks;
use crate::auth::{API_KEY_PREFIX, hash_token};
use crate::problem::{FieldProblem, Problem};

const LONGEST_NAME: usize = 100;
const MOST_PERMISSIONS: usize = 50;
/// How much of a key is shown.
const HINT: usize = 8;

/// A key that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct KeyRequest {
    pub name: String,
    pub role: Role,
    pub company_id: Option<i32>,
    pub permissions: Vec<Permission>,
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
        check_permissions(&mut checks, &self.permissions);
        checks.finish()
    }
}

fn check_permissions(checks: &mut Checks, permissions: &[Permission]) {
    let is_short = permissions.len() <= MOST_PERMISSIONS;
    checks.demand(is_short, "permissions", format!("at most {MOST_PERMISSIONS}"));
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
    let mut made = made.map_err(|error| refuse_company(error, request.company_id))?;
    if !request.permissions.is_empty() {
        let (executor, permissions) = (transaction.executor(), &request.permissions);
        made = api_keys::set_api_key_permissions(executor, made.id, permissions, now).await?;
    }
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

/// Makes a key of the whole platform for a program that comes with the service, as the demonstration does; gives the key
/// itself.
pub async fn add_api_key(
    state: &State,
    actor: &Actor,
    name: &str,
    role: Role,
    permissions: Vec<Permission>,
) -> Result<Secret, Problem> {
    let (company_id, expires_at, created_by) = (None, None, None);
    let name = name.to_owned();
    let request = KeyRequest { name, role, company_id, permissions, expires_at, created_by };
    Ok(create_key(state, actor, &request).await?.1)
}

/// What of a key is to be changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyChange {
    pub name: Option<String>,
    pub permissions: Option<Vec<Permission>>,
}

impl KeyChange {
    /// Refuses what a key cannot have.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            checks.line("name", name, LONGEST_NAME);
        }
        check_permissions(&mut checks, self.permissions.as_deref().unwrap_or_default());
        checks.finish()
    }
}

/// Changes a key, which the transaction has locked.
pub(crate) async fn change_key(
    state: &State,
    actor: &Actor,
    transaction: Transaction<'_>,
    before: &ApiKey,
    change: &KeyChange,
) -> Result<ApiKey, Problem> {
    change.check()?;
    let now = state.clock.now();
    let executor = transaction.executor();
    let mut key = before.clone();
    if let Some(name) = &change.name {
        let after = api_keys::rename_api_key(executor, before.id, name.trim(), now).await?;
        let act = act("api_key.renamed", &after, Some(shown(&key)), Some(shown(&after)));
        insert_audit_entry(executor, actor, &act, now).await?;
        key = after;
    }
    if let Some(permissions) = &change.permissions {
        let (id, action) = (before.id, "api_key.permissions_changed");
        let after = api_keys::set_api_key_permissions(executor, id, permissions, now).await?;
        let act = act(action, &after, Some(shown(&key)), Some(shown(&after)));
        insert_audit_entry(executor, actor, &act, now).await?;
        key = after;
    }
    transaction.commit().await?;
    Ok(key)
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
        "permissions": key.permissions,
        "company_id": key.company_id,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    })
}
