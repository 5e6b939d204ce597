use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_core::Scope;
use trunkline_store::QualifiedId;
use trunkline_store::channels::find_channel;

use super::super::companies::Names;
use super::super::{Frame, Page, PageProblem, Section};
use super::ChannelRow;
use crate::State;
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "channels/show.html")]
struct ChannelPage {
    frame: Frame,
    channel: ChannelRow,
}

/// One channel.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id<QualifiedId>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let missing = || Problem::not_found("channel");
    let Id(id) = id.map_err(|_| missing())?;
    let found = find_channel(executor, id, Scope::Platform).await?;
    let channel = found.ok_or_else(missing)?.read()?;
    let names = Names::find(executor, [channel.company_id]).await?;
    let frame = administrator.frame(&headers, Section::Channels);
    Ok(Page(ChannelPage { frame, channel: ChannelRow::new(channel, &names) }))
}
