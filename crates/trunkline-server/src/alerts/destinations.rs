use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use serde::Serialize;
use serde_json::{Value, json};
use trunkline_core::secrets::{OpenError, Place, Secret};
use trunkline_store::Executor;
use trunkline_store::alerts::{
    AlertRule, AlertSeverity, Destination, DestinationKind, delete_destination,
    find_destination_for_update, insert_destination, update_destination,
};
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use utoipa::ToSchema;

use crate::State;
use crate::api::Checks;
use crate::problem::Problem;

const LONGEST_NAME: usize = 100;
const MOST_ADDRESSES: usize = 20;
/// With what a secret of Standard Webhooks begins.
const PREFIX: &str = "whsec_";

/// A destination that is to be.
#[derive(Debug, Clone)]
pub(crate) struct DestinationInput {
    pub name: String,
    pub kind: DestinationKind,
    pub url: Option<String>,
    /// `None`: one is made.
    pub secret: Option<Secret>,
    pub addresses: Vec<String>,
    pub minimum_severity: AlertSeverity,
    pub rules: Vec<AlertRule>,
    pub is_active: bool,
}

/// What is to change of a destination; `None`: it stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct DestinationChange {
    pub name: Option<String>,
    pub url: Option<String>,
    pub secret: Option<Secret>,
    pub addresses: Option<Vec<String>>,
    pub minimum_severity: Option<AlertSeverity>,
    pub rules: Option<Vec<AlertRule>>,
    pub is_active: Option<bool>,
}

/// What may be known of the secret of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DestinationSecret)]
pub(crate) struct SecretSeen {
    /// Whether one stands there.
    pub is_set: bool,
    /// Its last four characters.
    pub last_four: Option<String>,
    /// Equal for equal secrets, as long as the service seals with the same key.
    pub fingerprint: Option<String>,
    /// Why it cannot be used, if it does not open.
    pub problem: Option<String>,
}

/// Adds a destination; gives it with the secret that was made for it, if one was.
pub(crate) async fn create_destination(
    state: &State,
    actor: &Actor,
    input: DestinationInput,
) -> Result<(Destination, Option<Secret>), Problem> {
    let now = state.clock.now();
    let made = (input.kind == DestinationKind::Webhook && input.secret.is_none())
        .then(|| make_secret(state));
    let mut destination = Destination {
        id: 0,
        name: input.name.trim().to_owned(),
        kind: input.kind,
        url: input.url,
        secret: None,
        addresses: tidy(&input.addresses),
        minimum_severity: input.minimum_severity,
        rules: input.rules,
        is_active: input.is_active,
        created_at: now,
        updated_at: now,
    };
    check(state, &destination, input.secret.as_ref())?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    destination.id = insert_destination(executor, &destination, now).await?;
    if let Some(secret) = made.as_ref().or(input.secret.as_ref()) {
        destination.secret = Some(seal(state, destination.id, secret));
        update_destination(executor, &destination, now).await?;
    }
    let change = (None, Some(shown(state, &destination)));
    note(executor, actor, "alert_destination.created", destination.id, change, state).await?;
    transaction.commit().await?;
    Ok((destination, made))
}

/// Edits a destination that the caller finds as it expects it.
pub(crate) async fn edit_destination(
    state: &State,
    actor: &Actor,
    id: i32,
    change: DestinationChange,
    expect: impl FnOnce(&Destination) -> Result<(), Problem>,
) -> Result<Destination, Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let before = lock(executor, id).await?;
    expect(&before)?;
    let mut after = Destination { updated_at: now, ..before.clone() };
    if let Some(name) = change.name {
        name.trim().clone_into(&mut after.name);
    }
    after.url = change.url.or(after.url);
    after.addresses = change.addresses.as_deref().map_or(after.addresses, tidy);
    after.minimum_severity = change.minimum_severity.unwrap_or(after.minimum_severity);
    after.rules = change.rules.unwrap_or(after.rules);
    after.is_active = change.is_active.unwrap_or(after.is_active);
    check(state, &after, change.secret.as_ref())?;
    if let Some(secret) = &change.secret {
        after.secret = Some(seal(state, id, secret));
    }
    update_destination(executor, &after, now).await?;
    let change = (Some(shown(state, &before)), Some(shown(state, &after)));
    note(executor, actor, "alert_destination.edited", id, change, state).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Deletes a destination, with what was and would be said to it.
pub(crate) async fn remove_destination(
    state: &State,
    actor: &Actor,
    id: i32,
    expect: impl FnOnce(&Destination) -> Result<(), Problem>,
) -> Result<Destination, Problem> {
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let before = lock(executor, id).await?;
    expect(&before)?;
    delete_destination(executor, id).await?;
    let change = (Some(shown(state, &before)), None);
    note(executor, actor, "alert_destination.deleted", id, change, state).await?;
    transaction.commit().await?;
    Ok(before)
}

/// What may be shown of the secret.
pub(crate) fn see_secret(state: &State, destination: &Destination) -> Option<SecretSeen> {
    let nothing = SecretSeen { is_set: true, last_four: None, fingerprint: None, problem: None };
    (destination.kind == DestinationKind::Webhook).then(|| match open(state, destination) {
        None => SecretSeen { is_set: false, ..nothing },
        Some(Ok(secret)) => SecretSeen {
            last_four: secret.last_four(),
            fingerprint: Some(state.keys.fingerprint(&secret).to_string()),
            ..nothing
        },
        Some(Err(error)) => SecretSeen {
            problem: Some(format!("{error}; replace it, or bring the key back")),
            ..nothing
        },
    })
}

/// The secret itself, for what signs alone.
pub(super) fn open(state: &State, destination: &Destination) -> Option<Result<Secret, OpenError>> {
    let row = destination.id.to_string();
    destination.secret.as_deref().map(|sealed| state.keys.open(&place(&row), sealed))
}

/// The bytes that sign, of a secret as Standard Webhooks writes it.
pub(super) fn signing_key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()
}

async fn lock(executor: Executor<'_>, id: i32) -> Result<Destination, Problem> {
    let found = find_destination_for_update(executor, id).await?;
    found.ok_or_else(|| Problem::not_found("alert destination"))
}

fn make_secret(state: &State) -> Secret {
    let mut bytes = [0; 32];
    state.random.fill(&mut bytes);
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

fn seal(state: &State, id: i32, secret: &Secret) -> String {
    let row = id.to_string();
    state.keys.seal(&place(&row), secret, &mut state.random.clone())
}

fn place(row: &str) -> Place<'_> {
    Place { schema: "trunkline", table: "alert_destinations", column: "secret", row }
}

/// Each once, without blanks around it.
fn tidy(addresses: &[String]) -> Vec<String> {
    let mut tidy: Vec<String> = Vec::new();
    for address in addresses.iter().map(|address| address.trim()) {
        if !address.is_empty() && !tidy.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            tidy.push(address.to_owned());
        }
    }
    tidy
}

/// Refuses what a destination cannot be, naming each field.
fn check(state: &State, it: &Destination, secret: Option<&Secret>) -> Result<(), Problem> {
    let mut checks = Checks::default();
    checks.line("name", &it.name, LONGEST_NAME);
    match it.kind {
        DestinationKind::Webhook => {
            let url = it.url.as_deref().unwrap_or_default();
            if let Err(refusal) = state.providers.guard().parse(url) {
                checks.demand(false, "url", refusal.to_string());
            }
            let message = "e-mail addresses are of destinations of the kind email";
            checks.demand(it.addresses.is_empty(), "addresses", message);
            if let Some(secret) = secret {
                let length = signing_key(secret).map_or(0, |key| key.len());
                let message = "it is whsec_ and 24 to 64 bytes in base64 (Standard Webhooks)";
                checks.demand((24..=64).contains(&length), "secret", message);
            }
        }
        DestinationKind::Email => {
            let message = "a URL and a secret are of destinations of the kind webhook";
            checks.demand(it.url.is_none(), "url", message);
            checks.demand(secret.is_none(), "secret", message);
            checks.demand(!it.addresses.is_empty(), "addresses", "give at least one");
            let few = it.addresses.len() <= MOST_ADDRESSES;
            checks.demand(few, "addresses", format!("{MOST_ADDRESSES} at most"));
            for address in &it.addresses {
                let is_one = address.parse::<Address>().is_ok();
                let message = format!("`{address}` is no e-mail address");
                checks.demand(is_one, "addresses", message);
            }
        }
    }
    checks.finish()
}

/// A destination in the audit log; of the URL its host alone, since a path may be a credential.
fn shown(state: &State, it: &Destination) -> Value {
    let host = it.url.as_deref().and_then(host);
    json!({
        "name": it.name,
        "kind": it.kind,
        "host": host,
        "secret": see_secret(state, it).and_then(|seen| seen.fingerprint),
        "addresses": it.addresses,
        "minimum_severity": it.minimum_severity,
        "rules": it.rules,
        "is_active": it.is_active,
    })
}

/// The host of a URL.
pub(super) fn host(url: &str) -> Option<String> {
    let url = trunkline_providers::http::Url::parse(url).ok()?;
    url.host_str().map(str::to_owned)
}

async fn note(
    executor: Executor<'_>,
    actor: &Actor,
    action: &str,
    id: i32,
    change: (Option<Value>, Option<Value>),
    state: &State,
) -> Result<(), Problem> {
    let act = Act {
        action,
        object_kind: "alert_destination",
        object_id: id.to_string(),
        company_id: None,
        before: change.0,
        after: change.1,
    };
    Ok(insert_audit_entry(executor, actor, &act, state.clock.now()).await?)
}
