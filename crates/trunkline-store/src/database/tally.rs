use std::cell::Cell;
use std::time::Duration;

/// What the database was asked for during one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many queries.
    pub queries: u32,
    /// How long they were waited for.
    pub time: Duration,
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
    add_to_tally(Tally { queries: 1, time });
}

/// Adds what another task asked for to the tally of this one, where one is kept.
pub fn add_to_tally(more: Tally) {
    let _ = TALLY.try_with(|tally| {
        let before = tally.get();
        tally.set(Tally { queries: before.queries + more.queries, time: before.time + more.time });
    });
}
