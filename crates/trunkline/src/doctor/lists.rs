use trunkline_store::StoreError;
use trunkline_store::lists::{ListDifference, find_list_differences, repair_lists};

use super::Finding;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::count;

/// Whether the lists of clients and channels are as the tables of the providers; writes them anew where they are not,
/// if that is wanted.
pub(super) async fn look(connection: &Connection, is_to_repair: bool) -> Finding {
    match compare(connection, is_to_repair).await {
        Ok(0) => Finding::ok("lists", "clients and channels agree with their tables"),
        Ok(rows) if is_to_repair => {
            Finding::ok("lists", format!("{} written as in their tables", count(rows, "row")))
        }
        Ok(rows) => Finding::failed(
            "lists",
            format!("{} not as in the tables of the providers", count(rows, "row")),
            "write them anew: trunkline doctor --repair-lists",
        ),
        Err(failure) => Finding::of("lists", &failure),
    }
}

async fn compare(connection: &Connection, is_to_repair: bool) -> Result<usize, Failure> {
    let failed = |error: StoreError| Failure::failed(error.to_string(), error.hint());
    let mut client = connection.target.client().await?;
    let differences = find_list_differences(&client).await.map_err(failed)?;
    if is_to_repair {
        repair_lists(&mut client, &differences).await.map_err(failed)?;
    }
    Ok(differences.iter().map(ListDifference::rows).sum())
}
