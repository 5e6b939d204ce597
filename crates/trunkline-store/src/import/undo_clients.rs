use std::collections::HashSet;

use tokio_postgres::Row;

use super::tables::Tables;
use super::{Changed, Kept, KeptReason, UndoReport, Undoing};
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// How a client that an import made stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was deleted.
    Gone,
    /// It has channels.
    InUse,
    /// It has none, and is not as it was made.
    Changed,
    /// It has none, and is as it was made.
    Unused,
    /// It has channels, which came of another row; that row's record says now that an import made it.
    HandedOver,
}

/// A client that an import made.
struct Client {
    source_row: i64,
    row: i32,
    state: State,
    /// The channel that the record made is there: the record stays for it.
    has_channel: bool,
}

/// Deletes the clients that an import made, have no channel any more, and nobody changed since.
pub(super) async fn undo_clients(
    executor: Executor<'_>,
    tables: &Tables,
    undoing: Undoing<'_>,
    after: i64,
    report: &mut UndoReport,
) -> Result<Option<i64>, StoreError> {
    let records = lock_clients(executor, tables, undoing, after).await?;
    // In a statement of its own: it sees the channels of those for whom the locks waited.
    let mut clients = look_at(executor, tables, undoing.source, &records).await?;
    let (used, leaving): (Vec<i32>, Vec<i64>) = clients
        .iter()
        .filter(|client| client.is_left())
        .map(|client| (client.row, client.source_row))
        .unzip();
    let heirs = hand_over(executor, tables, undoing.source, &used, &leaving).await?;
    for client in &mut clients {
        if client.is_left() && heirs.contains(&client.row) {
            client.state = State::HandedOver;
        }
    }
    if undoing.changed == Changed::Delete {
        for client in clients.iter_mut().filter(|client| client.state == State::Changed) {
            client.state = State::Unused;
        }
    }
    let rows: Vec<i32> = clients
        .iter()
        .filter(|client| client.state == State::Unused)
        .map(|client| client.row)
        .collect();
    let Tables { schema, clients: table, .. } = tables;
    let query = format!("DELETE FROM {schema}.{table} WHERE id = ANY ($1)");
    report.clients = executor.execute("delete clients", &query, &[&rows]).await?;
    let gone: Vec<&Client> = clients.iter().filter(|client| client.goes()).collect();
    forget(executor, undoing.source, &gone).await?;
    report.kept = clients.iter().filter_map(|client| client.kept(tables)).collect();
    Ok(records.last().copied())
}

impl Client {
    /// Whether the record goes.
    fn goes(&self) -> bool {
        matches!(self.state, State::Gone | State::Unused | State::HandedOver)
    }

    /// Whether it stays, for channels that came of other rows.
    fn is_left(&self) -> bool {
        self.state == State::InUse && !self.has_channel
    }

    fn kept(&self, tables: &Tables) -> Option<Kept> {
        let reason = match self.state {
            State::InUse if !self.has_channel => KeptReason::ClientInUse,
            State::Changed => KeptReason::ClientChanged,
            // It goes, or its channel is listed already.
            _ => return None,
        };
        let (source_row, provider, row) = (self.source_row, tables.provider, self.row);
        Some(Kept { source_row, provider, row, reason })
    }
}

/// Locks the next records, and their clients; gives the rows of the records.
async fn lock_clients(
    executor: Executor<'_>,
    tables: &Tables,
    undoing: Undoing<'_>,
    after: i64,
) -> Result<Vec<i64>, StoreError> {
    let columns = "source_row, client_row";
    let found = undoing.lock_next(executor, tables, columns, "made_client", after).await?;
    let clients: Vec<i32> = found.iter().map(|row| row.get(1)).collect();
    let Tables { schema, clients: table, .. } = tables;
    let query = format!("SELECT FROM {schema}.{table} WHERE id = ANY ($1) ORDER BY id FOR UPDATE");
    executor.rows("lock clients", &query, &[&clients]).await?;
    Ok(found.iter().map(|row| row.get(0)).collect())
}

/// A client's name is that of its company when it is made; another one was given by somebody.
async fn look_at(
    executor: Executor<'_>,
    tables: &Tables,
    source: &str,
    records: &[i64],
) -> Result<Vec<Client>, StoreError> {
    let Tables { schema, clients, client_name, channels, .. } = tables;
    let query = format!(
        "SELECT record.source_row, record.client_row, client.id IS NOT NULL,
            EXISTS (SELECT FROM {schema}.{channels} AS channel WHERE channel.client_id = client.id),
            client.updated_at <> client.created_at OR client.status <> 'active' OR client.provider_status IS NOT NULL
                OR client.company_id <> record.company_id
                OR client.{client_name} IS DISTINCT FROM (
                    SELECT name::TEXT FROM public.companies AS company WHERE company.id = client.company_id
                ),
            record.made_channel
                AND EXISTS (SELECT FROM {schema}.{channels} AS channel WHERE channel.id = record.channel_row)
        FROM trunkline.import_sources AS record
        LEFT JOIN {schema}.{clients} AS client ON client.id = record.client_row
        WHERE record.source = $1 AND record.source_row = ANY ($2)
        ORDER BY record.source_row"
    );
    let rows = executor.rows("look at the clients", &query, &[&source, &records]).await?;
    let client = |row: &Row| {
        let state = match (row.get(2), row.get(3), row.get(4)) {
            (false, ..) => State::Gone,
            (_, true, _) => State::InUse,
            (.., Some(true)) => State::Changed,
            _ => State::Unused,
        };
        Client { source_row: row.get(0), row: row.get(1), state, has_channel: row.get(5) }
    };
    Ok(rows.iter().map(client).collect())
}

/// Writes down at another row of each client that an import made it, where there is one that does not leave it too;
/// gives those clients.
async fn hand_over(
    executor: Executor<'_>,
    tables: &Tables,
    source: &str,
    clients: &[i32],
    leaving: &[i64],
) -> Result<HashSet<i32>, StoreError> {
    if clients.is_empty() {
        return Ok(HashSet::new());
    }
    let Tables { schema, channels, provider, .. } = tables;
    let query = format!(
        "UPDATE trunkline.import_sources AS heir
        SET made_client = TRUE
        FROM (
            SELECT record.client_row, min(record.source_row) AS source_row
            FROM trunkline.import_sources AS record
            JOIN {schema}.{channels} AS channel ON channel.id = record.channel_row
            WHERE record.source = $1 AND record.provider = $2 AND record.client_row = ANY ($3)
                AND record.source_row <> ALL ($4)
            GROUP BY record.client_row
        ) AS first
        WHERE heir.source = $1 AND heir.source_row = first.source_row
        RETURNING heir.client_row"
    );
    let parameters: Parameters<'_> = &[&source, &provider.as_str(), &clients, &leaving];
    let rows = executor.rows("hand clients over to other rows", &query, parameters).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn forget(executor: Executor<'_>, source: &str, gone: &[&Client]) -> Result<(), StoreError> {
    let rows: Vec<i64> = gone.iter().map(|client| client.source_row).collect();
    let query = "
        DELETE FROM trunkline.import_sources
        WHERE source = $2 AND source_row = ANY ($1)";
    executor.execute("forget what was imported", query, &[&rows, &source]).await?;
    Ok(())
}
