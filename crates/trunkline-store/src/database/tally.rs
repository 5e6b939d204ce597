use std::cell::Cell;
use std::time::Duration;

/// What the database was asked for during one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many queries.
    pub queries: u32,
    /// How long they were waited for.
    pub time: Duration,
    /// Whether anything may have been written for good: a COMMIT was sent, or a write by itself.
    pub may_have_written: bool,
}

tokio::task_local! {
    static TALLY: Cell<Tally>;
}

/// Runs a future and counts what it asks the database for, on its own task.
pub async fn tallied<F: Future>(future: F) -> (F::Output, Tally) {
    TALLY
        .scope(Cell::default(), async {
            let output = future.await;
            (output, TALLY.with(Cell::get))
        })
        .await
}

/// Adds a query to the tally, where one is kept.
pub(crate) fn record(time: Duration) {
    add_to_tally(Tally { queries: 1, time, ..Tally::default() });
}

/// Notes that something is about to be sent that lasts once it arrives, whether that is heard or not.
pub(crate) fn record_write() {
    add_to_tally(Tally { may_have_written: true, ..Tally::default() });
}

/// Adds what another task asked for to the tally of this one, where one is kept.
pub fn add_to_tally(more: Tally) {
    let _ = TALLY.try_with(|tally| {
        let before = tally.get();
        tally.set(Tally {
            queries: before.queries + more.queries,
            time: before.time + more.time,
            may_have_written: before.may_have_written || more.may_have_written,
        });
    });
}
