//! The first and the second start of a private PostgreSQL.

use std::time::Instant;

use anyhow::Result;
use trunkline_postgres::Cluster;

use crate::measure::Samples;
use crate::server;

/// 0: the first start, which makes the data directory; 1: a start on one that is there.
pub(super) async fn starts(rounds: usize) -> Result<Samples> {
    let mut samples = Samples::new(2);
    for round in 0..=rounds {
        let directory = server::directory()?;
        let options = server::options(directory.path());
        for start in 0..2 {
            let began = Instant::now();
            let cluster = Cluster::open(&options, &()).await?;
            let elapsed = began.elapsed();
            drop(cluster);
            trunkline_postgres::stop(&options.directory).await?;
            if round > 0 {
                samples.push(start, elapsed);
            }
        }
    }
    Ok(samples)
}
