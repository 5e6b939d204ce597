//! The peak resident memory of a run.

use std::path::Path;

use anyhow::Result;

use super::contestant::Contestant;
use crate::measure::Spread;
use crate::program::peak_memory;
use crate::server::Server;

/// Of a run that applies everything and of one that finds nothing to do, in MiB.
pub(super) struct Peaks {
    pub apply: f64,
    pub idle: f64,
}

pub(super) async fn measure(
    server: &Server,
    contestant: &Contestant,
    scratch: &Path,
    rounds: usize,
) -> Result<Peaks> {
    let (mut apply, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let database = server.make_database("template0").await?;
        let url = server.url(&database);
        apply.push(peak_memory(&contestant.command(&url), scratch)?);
        idle.push(peak_memory(&contestant.command(&url), scratch)?);
        server.drop_database(&database).await?;
    }
    Ok(Peaks { apply: Spread::of(apply).median, idle: Spread::of(idle).median })
}
