use tokio_postgres::Row;

use super::tables::Tables;
use super::{Kept, KeptReason, UndoReport, Undoing};
use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Clients that are looked at in one transaction.
const BATCH: i64 = 1_000;

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
}

/// A client that an import made.
struct Client {
    source_row: i64,
    row: i32,
    state: State,
    /// The channel of the record is there: the record stays for it.
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
    let clients = lock_clients(executor, tables, undoing, after).await?;
    let gone: Vec<&Client> = clients.iter().filter(|client| client.goes()).collect();
    let rows: Vec<i32> = gone.iter().map(|client| client.row).collect();
    let Tables { schema, clients: table, .. } = tables;
    let query = format!("DELETE FROM {schema}.{table} WHERE id = ANY ($1)");
    report.clients = executor.execute("delete clients", &query, &[&rows]).await?;
    forget(executor, undoing.source, &gone).await?;
    report.kept = clients.iter().filter_map(|client| client.kept(tables)).collect();
    Ok(clients.last().map(|client| client.source_row))
}

impl Client {
    fn goes(&self) -> bool {
        matches!(self.state, State::Gone | State::Unused)
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

/// A client's name is that of its company when it is made; another one was given by somebody.
async fn lock_clients(
    executor: Executor<'_>,
    tables: &Tables,
    undoing: Undoing<'_>,
    after: i64,
) -> Result<Vec<Client>, StoreError> {
    let Tables { schema, clients, client_name, channels, provider, .. } = tables;
    let query = format!(
        "SELECT record.source_row, record.client_row, client.id IS NOT NULL,
            EXISTS (SELECT FROM {schema}.{channels} AS channel WHERE channel.client_id = client.id),
            client.updated_at <> client.created_at OR client.status <> 'active' OR client.provider_status IS NOT NULL
                OR client.company_id <> record.company_id
                OR client.{client_name} IS DISTINCT FROM (
                    SELECT name::TEXT FROM public.companies AS company WHERE company.id = client.company_id
                ),
            EXISTS (SELECT FROM {schema}.{channels} AS channel WHERE channel.id = record.channel_row)
        FROM trunkline.import_sources AS record
        LEFT JOIN {schema}.{clients} AS client ON client.id = record.client_row
        WHERE record.source = $5 AND record.made_client AND record.provider = $2 AND record.source_row > $1
            AND ($3::INTEGER IS NULL OR record.company_id = $3)
            AND ($4::INTEGER IS NULL OR record.run_id = $4)
            AND ($6::BIGINT IS NULL OR record.source_row = $6)
        ORDER BY record.source_row
        LIMIT {BATCH}
        FOR UPDATE OF record"
    );
    let Undoing { source, company, run, row } = undoing;
    let provider = provider.as_str();
    let parameters: Parameters<'_> = &[&after, &provider, &company, &run, &source, &row];
    let rows = executor.rows("look at the clients", &query, parameters).await?;
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

async fn forget(executor: Executor<'_>, source: &str, gone: &[&Client]) -> Result<(), StoreError> {
    let rows: Vec<i64> = gone.iter().map(|client| client.source_row).collect();
    let query = "
        DELETE FROM trunkline.import_sources
        WHERE source = $2 AND source_row = ANY ($1)";
    executor.execute("forget what was imported", query, &[&rows, &source]).await?;
    Ok(())
}
