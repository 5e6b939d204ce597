use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use trunkline_core::secrets::KeyRing;
use trunkline_migrate::{Error, Interrupt};
use trunkline_store::secrets::{Rewrite, Unopened, rewrite_secrets};

use super::{Session, store};
use crate::failure::Failure;
use crate::interrupt;

/// How often the rows that were locked are come back to, and how long after.
const PASSES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

#[derive(Args)]
pub(crate) struct Batches {
    /// So many rows in one transaction
    #[arg(long = "batch", default_value_t = 500, value_name = "ROWS",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rows: u32,
}

/// What all batches did together.
#[derive(Default)]
pub(super) struct Rewritten {
    pub written: u64,
    /// Of the last pass: what is left and why.
    pub unopened: Vec<Unopened>,
}

/// Seals what `rewrite` says under the active key, column by column and batch by batch.
///
/// Rows that somebody has locked are passed over and tried again, at most five times.
pub(super) async fn rewrite(
    session: &mut Session<'_>,
    ring: &KeyRing,
    rewrite: Rewrite,
    batches: &Batches,
    total: u64,
) -> Result<Rewritten, Failure> {
    let mut work =
        Work { done: Rewritten::default(), progress: Progress::new(session, total), rewrite };
    let interrupt = interrupt::listen();
    for pass in 0..PASSES {
        work.done.unopened.clear();
        let outcome = work.pass(session, ring, batches.rows, &interrupt).await;
        work.progress.end();
        outcome?;
        let failed = u64::try_from(work.done.unopened.len()).unwrap_or(u64::MAX);
        if work.done.written + failed >= total {
            break;
        }
        tokio::time::sleep(PAUSE * pass).await;
    }
    Ok(work.done)
}

struct Work {
    done: Rewritten,
    progress: Progress,
    rewrite: Rewrite,
}

impl Work {
    /// Once through all columns.
    async fn pass(
        &mut self,
        session: &mut Session<'_>,
        ring: &KeyRing,
        limit: u32,
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        let mut random = rand::rng();
        for column in &session.columns {
            let mut after = i64::MIN;
            loop {
                if interrupt.is_requested() {
                    let left = "what was encrypted so far stands";
                    return Err(Failure::Migrate(Error::Interrupted { migration: None, left }));
                }
                let client = &mut session.client;
                let batch =
                    rewrite_secrets(client, column, ring, &mut random, self.rewrite, after, limit);
                let batch = batch.await.map_err(|error| store(&error))?;
                let Some(last) = batch.last else { break };
                after = last;
                self.done.written += batch.written;
                self.done.unopened.extend(batch.unopened);
                self.progress.show(self.done.written);
            }
        }
        Ok(())
    }
}

/// A line on standard error that is written over, where a person looks on.
struct Progress {
    shown: bool,
    total: u64,
}

impl Progress {
    fn new(session: &Session<'_>, total: u64) -> Self {
        Self { shown: std::io::stderr().is_terminal() && !session.printer.is_json(), total }
    }

    fn show(&self, written: u64) {
        if self.shown {
            let share = written.saturating_mul(100) / self.total.max(1);
            eprint!("\r\x1b[K{written} of {} secrets, {} %", self.total, share.min(100));
        }
    }

    fn end(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
