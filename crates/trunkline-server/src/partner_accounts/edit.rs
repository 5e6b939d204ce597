use serde_json::{Map, Value};
use trunkline_core::Role;
use trunkline_store::partner_accounts::{PartnerAccount, update_partner_account};

use super::create::taken;
use super::fields::{find_field, pairs};
use super::input::{Input, refuse};
use super::sealed::{self, Stored};
use super::webhooks::webhooks;
use super::{AccountDocument, Author, lock, note, replaced};
use crate::problem::Kind;
use crate::{Problem, State};

/// Edits an account. `check` sees it first, and refuses an edit of another version.
pub(crate) async fn edit(
    state: &State,
    author: &Author,
    id: i32,
    body: Map<String, Value>,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<AccountDocument, Problem> {
    Box::pin(change(state, author, id, "partner_account.updated", body, check)).await
}

/// Replaces one secret.
pub(crate) async fn replace_secret(
    state: &State,
    author: &Author,
    id: i32,
    name: &str,
    value: Value,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<AccountDocument, Problem> {
    let mut body = Map::new();
    body.insert(name.to_owned(), value);
    let is_secret = |document: &AccountDocument| {
        if document.secrets.contains_key(name) {
            return check(document);
        }
        let names: Vec<_> = document.secrets.keys().copied().collect();
        let detail = format!(
            "an account of {} has the secrets {}",
            document.provider.name(),
            names.join(", ")
        );
        Err(Problem::new(Kind::NotFound, detail))
    };
    Box::pin(change(state, author, id, "partner_account.secret_replaced", body, is_secret)).await
}

async fn change(
    state: &State,
    author: &Author,
    id: i32,
    action: &str,
    body: Map<String, Value>,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<AccountDocument, Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let before = lock(executor, id).await?;
    let document = AccountDocument::new(state, &before);
    check(&document)?;
    let input = Input::read(before.provider, body, false, state.providers.guard())?;
    let mut after = before.clone();
    apply(state, author, &mut after, &input)?;
    if after == before {
        return Ok(document);
    }
    forget_check(&before, &mut after);
    let written = update_partner_account(executor, &after, now).await;
    written.map_err(|error| taken(before.provider, error))?;
    replaced::keep(state, executor, (&before, &after), now).await?;

    let edited = AccountDocument::new(state, &lock(executor, id).await?);
    let change = (Some(document.for_audit()), Some(edited.for_audit()));
    note(executor, author, action, id, change, now).await?;
    transaction.commit().await?;
    Ok(edited)
}

/// Takes away what a check found with another id, secret or address than the account has now.
fn forget_check(before: &PartnerAccount, after: &mut PartnerAccount) {
    let unasked = PartnerAccount {
        label: after.label.clone(),
        public_profile: after.public_profile.clone(),
        redirect_url: after.redirect_url.clone(),
        ..before.clone()
    };
    if *after != unasked {
        after.checked_at = None;
        after.check_findings = None;
    }
}

/// Puts what was read into an account, and checks what hangs together.
pub(super) fn apply(
    state: &State,
    author: &Author,
    account: &mut PartnerAccount,
    input: &Input,
) -> Result<(), Problem> {
    let before = account.base_url.clone();
    for (field, text) in &input.fields {
        sealed::write((&state.keys, &state.random), account, field, text.as_ref());
    }
    if account.base_url != before && author.role < Role::Owner {
        let detail = "base_url: an owner alone changes where credentials are sent";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    if let Some(profile) = &input.public_profile {
        account.public_profile = profile.store_over(&account.public_profile);
    }
    let url = webhooks(&state.settings.public_url, account).into_iter().next();
    account.partner_webhook_url = url.map(|webhook| webhook.url);
    let touches = |name: &str| input.fields.iter().any(|(field, _)| field.name == name);
    if touches("webhook_header_name") && account.webhook_header.as_deref().is_some_and(is_of_http) {
        let message = "HTTP itself has a use for that header; choose another, as X-Partner-Auth";
        return Err(refuse("webhook_header_name", message));
    }
    for names in pairs(account.provider) {
        check_pair(state, account, *names, touches)?;
    }
    check_sign_in(state, account, touches)
}

/// Whether a header is about the message that carries it, so that a word of ours in it would break the request.
fn is_of_http(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let whole = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    whole.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// Two fields that are nothing without each other.
fn check_pair(
    state: &State,
    account: &PartnerAccount,
    names: [&'static str; 2],
    touches: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    if !names.iter().any(|name| touches(name)) {
        return Ok(());
    }
    let is_set = names.map(|name| is_set(state, account, name));
    match is_set {
        [true, false] => Err(refuse(names[1], format!("it goes with {}: give both", names[0]))),
        [false, true] => Err(refuse(names[0], format!("it goes with {}: give both", names[1]))),
        _ => Ok(()),
    }
}

/// A Twilio account signs in by its token or by a key.
fn check_sign_in(
    state: &State,
    account: &PartnerAccount,
    touches: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    let ways = ["auth_token", "api_key_secret"];
    if account.provider != trunkline_core::Provider::Twilio
        || ways.iter().any(|name| is_set(state, account, name))
        || !["auth_token", "api_key_secret", "account_sid"].into_iter().any(touches)
    {
        return Ok(());
    }
    Err(refuse("auth_token", "give it, or api_key_sid and api_key_secret: one of them signs in"))
}

fn is_set(state: &State, account: &PartnerAccount, name: &str) -> bool {
    find_field(account.provider, name)
        .is_some_and(|field| Stored::read(&state.keys, account, field).is_set())
}
