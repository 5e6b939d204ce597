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
    let of_clients = ClientFilter { company_id: Some(id), ..ClientFilter::default() };
    let of_channels = ChannelFilter { company_id: Some(id), ..ChannelFilter::default() };
    // Sent one after the other, without waiting for the answers in between.
    let (client_counts, channel_counts, clients, channels) = tokio::try_join!(
        count_clients(executor, id),
        count_channels(executor, id),
        first_clients(executor, &of_clients, &names),
        first_channels(executor, &of_channels, &names),
    )?;
    let (client_count, client_note) = counted(&client_counts);
    let (channel_count, channel_note) = counted(&channel_counts);
    let ((clients, has_more_clients), (channels, has_more_channels)) = (clients, channels);
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
