use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_core::Scope;
use trunkline_store::channels::ChannelFilter;
use trunkline_store::clients::{Client, account_of_client, find_client};
use trunkline_store::partner_accounts::find_partner_account;
use trunkline_store::{Executor, QualifiedId, StoreError};

use super::super::channels::ChannelRow;
use super::super::companies::{Names, first_channels};
use super::super::partner_accounts::page_of;
use super::super::{Frame, Page, PageProblem, Section};
use super::ClientRow;
use crate::State;
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "clients/show.html")]
struct ClientPage {
    frame: Frame,
    client: ClientRow,
    account: Option<Account>,
    channels: Vec<ChannelRow>,
    /// The list of all, where there are more.
    more_channels: String,
}

/// The partner account that serves a client.
struct Account {
    href: String,
    title: String,
    /// It is not known to which one the client belongs: the provider's default serves it.
    is_assumed: bool,
}

/// One client, with its channels.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id<QualifiedId>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let missing = || Problem::not_found("client");
    let Id(id) = id.map_err(|_| missing())?;
    let found = find_client(executor, id, Scope::Platform).await?;
    let client = found.ok_or_else(missing)?.read()?;
    let names = Names::find(executor, [client.company_id]).await?;
    let wanted = ChannelFilter { client_id: Some(id), ..ChannelFilter::default() };
    // Sent one after the other, without waiting for the answers in between.
    let (account, (channels, has_more)) = tokio::try_join!(
        find_account(executor, &client),
        first_channels(executor, &wanted, &names),
    )?;
    let more = format!("{}?client={id}", super::super::channels::LIST);
    Ok(Page(ClientPage {
        frame: administrator.frame(&headers, Section::Clients),
        client: ClientRow::new(client, &names),
        account,
        channels,
        more_channels: if has_more { more } else { String::new() },
    }))
}

async fn find_account(
    executor: Executor<'_>,
    client: &Client,
) -> Result<Option<Account>, StoreError> {
    let Some(id) = account_of_client(executor, client.id).await? else { return Ok(None) };
    let found = find_partner_account(executor, id).await?;
    Ok(found.map(|found| Account {
        href: page_of(id),
        title: found.label.unwrap_or(found.partner_id),
        is_assumed: client.partner_account_id.is_none(),
    }))
}
