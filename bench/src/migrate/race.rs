//! Contestants against each other on databases of the same state.

use anyhow::Result;

use super::contestant::Contestant;
use crate::measure::{Samples, order};
use crate::program::{run, time};
use crate::server::Server;

/// How often a round runs what takes milliseconds: one run of it says little.
const REPEATS: usize = 10;

/// Everyone applies everything to a database that is new for each run.
pub(crate) async fn apply(
    server: &Server,
    contestants: &[Contestant],
    template: &str,
    rounds: usize,
) -> Result<Samples> {
    let mut samples = Samples::new(contestants.len());
    let mut databases = Vec::new();
    // The first round warms up and does not count.
    for round in 0..=rounds {
        for index in order(round, contestants.len()) {
            let database = server.make_database(template).await?;
            let elapsed = time(contestants[index].command(&server.url(&database)))?;
            databases.push(database);
            if round > 0 {
                samples.push(index, elapsed);
            }
        }
    }
    // Not sooner: ext4 looks for long for an inode that was not deleted a moment ago, and the next one to
    // make a thousand tables would pay for that.
    for database in databases {
        server.drop_database(&database).await?;
    }
    Ok(samples)
}

/// Everyone finds nothing to do, each in a database of its own where it applied everything before.
pub(crate) async fn idle(
    server: &Server,
    contestants: &[Contestant],
    template: &str,
    rounds: usize,
) -> Result<Samples> {
    let mut databases = Vec::new();
    for contestant in contestants {
        let database = server.make_database(template).await?;
        run(contestant.command(&server.url(&database)))?;
        settle(server, &database).await?;
        databases.push(database);
    }
    let mut samples = Samples::new(contestants.len());
    for round in 0..=rounds * REPEATS {
        for index in order(round, contestants.len()) {
            let elapsed = time(contestants[index].command(&server.url(&databases[index])))?;
            if round > 0 {
                samples.push(index, elapsed);
            }
        }
    }
    for database in databases {
        server.drop_database(&database).await?;
    }
    Ok(samples)
}

/// Does now what autovacuum would do in the midst of a measurement.
pub(super) async fn settle(server: &Server, database: &str) -> Result<()> {
    server.connect(database).await?.batch_execute("VACUUM (ANALYZE)").await?;
    server.checkpoint().await
}
