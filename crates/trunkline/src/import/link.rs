use trunkline_migrate::ExitStatus;
use trunkline_store::import::{Linking, link_rows, unlink_rows};

use super::progress::Bar;
use super::{Session, count, interrupted, store};
use crate::failure::Failure;
use crate::output::{GOOD, WARNING};

/// Rows that are named one by one; more are counted.
const MOST_ROWS: usize = 20;

pub(super) async fn link(session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let bar = bar(session, "linking").await?;
    let mut progress = |rows| bar.show(rows);
    let linked =
        link_rows(&session.store, session.company, &session.interrupt, &mut progress).await;
    bar.end();
    tell(session, "linked", &linked.map_err(|error| store(&error))?)
}

pub(super) async fn unlink(session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let bar = bar(session, "unlinking").await?;
    let mut progress = |rows| bar.show(rows);
    let unlinked =
        unlink_rows(&session.store, session.company, &session.interrupt, &mut progress).await;
    bar.end();
    tell(session, "unlinked", &unlinked.map_err(|error| store(&error))?)
}

async fn bar(session: &Session<'_>, doing: &'static str) -> Result<Bar, Failure> {
    let total = session.platform.count(session.lease.executor()).await;
    Ok(Bar::new(doing, total.map_err(|error| store(&error))?, session.printer))
}

fn tell(session: &Session<'_>, done: &str, linking: &Linking) -> Result<ExitStatus, Failure> {
    if linking.is_interrupted {
        return Err(interrupted("what was written so far stands; the same command goes on"));
    }
    let printer = session.printer;
    let Linking { written, unchanged, foreign, no_object, locked, .. } = linking;
    printer.document(&serde_json::json!({
        done: written,
        "unchanged": unchanged,
        "foreign": foreign,
        "no_object": no_object,
        "locked": locked,
    }));
    let left_out = [
        (foreign, "the key `trunkline` holds something that Trunkline did not write"),
        (no_object, "connection_data is no object, so a key has no place"),
        (locked, "the platform had it locked all the time; run it again"),
    ];
    for (rows, why) in left_out {
        for row in rows.iter().take(MOST_ROWS) {
            printer.line(format_args!("  row {row}: {why}"));
        }
        if rows.len() > MOST_ROWS {
            printer.line(format_args!("  and {} more: {why}", rows.len() - MOST_ROWS));
        }
    }
    let left = foreign.len() + no_object.len() + locked.len();
    let written = count(*written, "connection");
    if left > 0 {
        printer.line(format_args!(
            "{WARNING}Not all:{WARNING:#} {done} {written}, {unchanged} unchanged, {left} left alone."
        ));
        return Ok(ExitStatus::Differences);
    }
    printer.line(format_args!("{GOOD}Done:{GOOD:#} {done} {written}, {unchanged} unchanged."));
    Ok(ExitStatus::Done)
}
