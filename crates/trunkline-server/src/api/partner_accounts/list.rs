use axum::extract::State as Extract;
use serde::Deserialize;
use trunkline_core::{Provider, Role};
use trunkline_store::Window;
use trunkline_store::partner_accounts::{Filter, list_partner_accounts as list};
use utoipa::IntoParams;
use utoipa::openapi::{Object, ObjectBuilder, Type};

use crate::api::{Limit, Listing, Page, Pager, Query};
use crate::auth::Caller;
use crate::partner_accounts::AccountDocument;
use crate::{Problem, State};

/// Which accounts, and which part of their list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Of this provider alone: `360dialog`, `meta` or `twilio`.
    #[param(schema_with = provider_schema, required = false)]
    provider: Option<Provider>,
    /// In use, or not.
    is_active: Option<bool>,
    /// How many items a page has at most.
    #[param(inline, required = false)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

fn provider_schema() -> Object {
    let words = Provider::ALL.iter().map(|provider| provider.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// List the partner accounts, by id. Secrets are never answered: what may be known of each is whether it
/// is set, its last four characters and its fingerprint.
#[utoipa::path(
    get,
    path = "/api/v1/partner-accounts",
    tag = "Partner accounts",
    params(Parameters),
    responses(
        (status = 200, description = "A page of accounts", body = Page<AccountDocument>,
            headers(("Link" = Option<String>, description = "The next page, rel=next"))),
    ),
)]
pub(super) async fn list_partner_accounts(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(parameters): Query<Parameters>,
) -> Result<Listing<AccountDocument>, Problem> {
    caller.require_platform(Role::Viewer)?;
    let Parameters { provider, is_active, limit, cursor } = parameters;
    let after = pager.after(cursor.as_deref(), &"id")?;
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let rows = list(connection.executor(), Filter { provider, is_active }, &window).await?;
    let rows = rows.iter().map(|account| AccountDocument::new(&state, account)).collect();
    Ok(pager.listing(rows, limit, &"id", |account: &AccountDocument| account.id))
}
