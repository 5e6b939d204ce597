use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_core::{Provider, Scope};
use trunkline_store::channels::{ChannelFilter, count_channels};
use trunkline_store::clients::{ClientFilter, count_clients};
use trunkline_store::companies::find_company;

use super::super::channels::{self, ChannelRow};
use super::super::clients::{self, ClientRow};
use super::super::{Frame, Page, PageProblem, Section, words};
use super::{Names, first_channels, first_clients};
use crate::State;
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "companies/show.html")]
struct CompanyPage {
    frame: Frame,
    title: String,
    id: i32,
    client_count: String,
    client_note: String,
    channel_count: String,
    channel_note: String,
    clients: Vec<ClientRow>,
    channels: Vec<ChannelRow>,
    all_clients: String,
    all_channels: String,
    has_more_clients: bool,
    has_more_channels: bool,
}

/// One company, with its clients and channels.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let missing = || Problem::not_found("company");
    let Id(id) = id.map_err(|_| missing())?;
    find_company(executor, id, Scope::Platform).await?.ok_or_else(missing)?;
    let names = Names::find(executor, [id]).await?;
    let (client_count, client_note) = counted(&count_clients(executor, id).await?);
    let (channel_count, channel_note) = counted(&count_channels(executor, id).await?);
    let wanted = ClientFilter { company_id: Some(id), ..ClientFilter::default() };
    let (clients, has_more_clients) = first_clients(executor, &wanted, &names).await?;
    let wanted = ChannelFilter { company_id: Some(id), ..ChannelFilter::default() };
    let (channels, has_more_channels) = first_channels(executor, &wanted, &names).await?;
    Ok(Page(CompanyPage {
        frame: administrator.frame(&headers, Section::Companies),
        title: names.of(id),
        id,
        client_count,
        client_note,
        channel_count,
        channel_note,
        clients,
        channels,
        all_clients: format!("{}?company={id}", clients::LIST),
        all_channels: format!("{}?company={id}", channels::LIST),
        has_more_clients,
        has_more_channels,
    }))
}

/// How many, and of which providers.
fn counted(counts: &[(Provider, i64)]) -> (String, String) {
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let some = counts.iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = some
        .map(|(provider, count)| format!("{} at {}", words::grouped(*count), provider.name()))
        .collect();
    (words::grouped(all), parts.join(", "))
}
