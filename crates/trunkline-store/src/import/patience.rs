use std::time::Duration;

use trunkline_migrate::Interrupt;

use crate::{Executor, StoreError};

/// How often a batch is tried that a lock or somebody faster held up, and how long it rests before each.
const ATTEMPTS: u32 = 10;
const REST: Duration = Duration::from_millis(200);

/// How often a batch was tried.
#[derive(Default)]
pub(super) struct Patience(u32);

impl Patience {
    /// No statement of the transaction waits long for a lock: others queue behind it. Nor does one read a table as a whole
    /// that an index spares: plans are kept, and the first was made while the tables were empty.
    pub(super) async fn limit_waits(executor: Executor<'_>) -> Result<(), StoreError> {
        let query = "
            SELECT set_config('lock_timeout', '2s', TRUE), set_config('enable_seqscan', 'off', TRUE)";
        executor.rows("limit the wait for locks", query, &[]).await?;
        Ok(())
    }

    /// Rests before the next attempt, or until it is asked to stop. What does not pass is given back.
    pub(super) async fn rest(
        &mut self,
        error: StoreError,
        interrupt: &Interrupt,
    ) -> Result<(), StoreError> {
        self.0 += 1;
        if !error.is_passing() || self.0 == ATTEMPTS {
            return Err(error);
        }
        tokio::select! {
            () = tokio::time::sleep(REST * self.0) => {}
            () = interrupt.requested() => {}
        }
        Ok(())
    }
}
