use trunkline_store::channels::{Channel, ChannelField, ChannelFilter, list_channels};
use trunkline_store::clients::{Client, ClientField, ClientFilter, list_clients};
use trunkline_store::{Document, Executor, Sort, StoreError, Window};

use super::super::channels::ChannelRow;
use super::super::clients::ClientRow;
use super::Names;

/// So many stand on the page of what they belong to; a list has the others.
const MOST: u16 = 20;

/// The clients that changed last, and whether there are more.
pub(in crate::admin) async fn first_clients(
    executor: Executor<'_>,
    filter: &ClientFilter,
    names: &Names,
) -> Result<(Vec<ClientRow>, bool), StoreError> {
    let sort = Sort { field: ClientField::UpdatedAt, descending: true };
    let window = Window { after: None, limit: MOST };
    let rows = list_clients(executor, filter, sort, &window).await?;
    let has_more = rows.len() > usize::from(MOST);
    let rows: Vec<Client> = read_all(&rows, Document::read)?;
    let rows = rows.into_iter().take(MOST.into()).map(|client| ClientRow::new(client, names));
    Ok((rows.collect(), has_more))
}

/// The channels that changed last, and whether there are more.
pub(in crate::admin) async fn first_channels(
    executor: Executor<'_>,
    filter: &ChannelFilter<'_>,
    names: &Names,
) -> Result<(Vec<ChannelRow>, bool), StoreError> {
    let sort = Sort { field: ChannelField::UpdatedAt, descending: true };
    let window = Window { after: None, limit: MOST };
    let rows = list_channels(executor, filter, sort, &window).await?;
    let has_more = rows.len() > usize::from(MOST);
    let rows: Vec<Channel> = read_all(&rows, Document::read)?;
    let rows = rows.into_iter().take(MOST.into()).map(|channel| ChannelRow::new(channel, names));
    Ok((rows.collect(), has_more))
}

/// The rows of a list, read.
pub(in crate::admin) fn read_all<R, T>(
    rows: &[R],
    read: impl Fn(&R) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}
