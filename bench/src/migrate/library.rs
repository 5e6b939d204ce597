//! The library call with nothing pending, without a process around it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use tokio_postgres::NoTls;
use trunkline_migrate::source::{Reading, Source};
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};

use super::race::settle;
use super::set::Set;
use crate::measure::{Samples, order};
use crate::server::Server;

const REPEATS: usize = 10;

/// 0: reads the folder and calls `up`; 1: connects and runs one query.
pub(super) async fn idle(
    server: &Server,
    set: &Set,
    scratch: &Path,
    rounds: usize,
) -> Result<Samples> {
    let folder = scratch.join(format!("library-{}", set.migrations.len()));
    set.write_pairs(&folder)?;
    let database = server.make_database("template0").await?;
    let url = server.url(&database);
    up(&folder, &url).await?;
    settle(server, &database).await?;
    let mut samples = Samples::new(2);
    for round in 0..=rounds * REPEATS {
        for contestant in order(round, 2) {
            let began = Instant::now();
            if contestant == 0 {
                up(&folder, &url).await?;
            } else {
                connect_and_query(&url).await?;
            }
            if round > 0 {
                samples.push(contestant, began.elapsed());
            }
        }
    }
    server.drop_database(&database).await?;
    Ok(samples)
}

async fn up(folder: &Path, url: &str) -> Result<()> {
    let folder = folder.to_owned();
    let reading = Reading::begin(move || Source::directory(folder));
    let migrator = Migrator::new(reading, Target::parse(url)?, Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
    Ok(())
}

async fn connect_and_query(url: &str) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.simple_query("SELECT 1").await?;
    Ok(())
}
