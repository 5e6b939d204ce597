use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_core::Scope;
use trunkline_store::QualifiedId;
use trunkline_store::channels::ChannelFilter;
use trunkline_store::clients::find_client;

use super::super::channels::ChannelRow;
use super::super::companies::{Names, first_channels};
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
    channels: Vec<ChannelRow>,
    /// The list of all, where there are more.
    more_channels: String,
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
    let (channels, has_more) = first_channels(executor, &wanted, &names).await?;
    let more = format!("{}?client={id}", super::super::channels::LIST);
    Ok(Page(ClientPage {
        frame: administrator.frame(&headers, Section::Clients),
        client: ClientRow::new(client, &names),
        channels,
        more_channels: if has_more { more } else { String::new() },
    }))
}
