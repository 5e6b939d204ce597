use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use trunkline_store::partner_accounts::{Logo, find_logo, update_logo};

use super::{AccountDocument, Author, image, lock, note};
use crate::{Problem, State};

/// The longest body with a logo: somewhat longer than the logo may be, so that the answer to one that
/// is too large is about the logo.
pub(crate) const LOGO_BODY: usize = image::LARGEST_LOGO + 64 * 1024;

/// Gives an account a logo: a PNG, JPEG or WebP file, which is checked and written anew. `check` sees the
/// account first, and refuses another version than was meant.
pub(crate) async fn set_logo(
    state: &State,
    author: &Author,
    id: i32,
    file: Vec<u8>,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<AccountDocument, Problem> {
    let logo = image::rewrite(file).await?;
    change(state, author, id, Some(logo), check).await
}

/// Takes the logo of an account away.
pub(crate) async fn remove_logo(
    state: &State,
    author: &Author,
    id: i32,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<AccountDocument, Problem> {
    change(state, author, id, None, check).await
}

async fn change(
    state: &State,
    author: &Author,
    id: i32,
    logo: Option<Logo>,
    check: impl FnOnce(&AccountDocument) -> Result<(), Problem>,
) -> Result<AccountDocument, Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let before = lock(executor, id).await?;
    let document = AccountDocument::new(state, &before);
    check(&document)?;
    if logo.is_none() && before.logo.is_none() {
        return Ok(document);
    }
    update_logo(executor, id, logo.as_ref(), now).await?;
    let changed = AccountDocument::new(state, &lock(executor, id).await?);
    let action =
        if logo.is_some() { "partner_account.logo_set" } else { "partner_account.logo_removed" };
    let change = (Some(document.for_audit()), Some(changed.for_audit()));
    note(executor, author, action, id, change, now).await?;
    transaction.commit().await?;
    Ok(changed)
}

/// The uploaded logo as an answer.
pub(crate) async fn serve_logo(state: &State, id: i32) -> Result<Response, Problem> {
    let connection = state.store.connection().await?;
    let found = find_logo(connection.executor(), id).await?;
    let logo = found.ok_or_else(|| Problem::not_found("logo"))?;
    // Whatever it is, a browser that opens it alone runs nothing of it.
    let policy = (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned());
    Ok(([(CONTENT_TYPE, logo.content_type), policy], logo.bytes).into_response())
}
