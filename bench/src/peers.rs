//! Other migration engines on the same migrations, each in the layout that it wants.

mod install;
mod layout;

use std::path::Path;

use anyhow::Result;

pub(crate) use install::Installed;

use crate::measure::{Samples, Spread};
use crate::migrate::contestant::Contestant;
use crate::migrate::race;
use crate::migrate::set::Set;
use crate::report::{seconds, table};
use crate::server::Server;

/// The race as a table: a row for each task, a column for each engine, ours first.
pub(crate) async fn race(
    installed: &Installed,
    server: &Server,
    scratch: &Path,
    rounds: usize,
) -> Result<String> {
    let mut rows = Vec::new();
    for (count, shown) in [(4, "4"), (1000, "1,000")] {
        eprintln!("measuring: peers, nothing pending of {shown}");
        let contestants = contestants(installed, &Set::small(count), scratch)?;
        let samples = race::idle(server, &contestants, "template0", rounds).await?;
        rows.push(row(format!("nothing pending, {shown} migrations"), &contestants, &samples));
    }
    eprintln!("measuring: peers, 1,000 small migrations");
    let contestants = contestants(installed, &Set::small(1000), scratch)?;
    let samples = race::apply(server, &contestants, "template0", rounds).await?;
    rows.push(row("1,000 small migrations".to_owned(), &contestants, &samples));

    let names = contestants.iter().map(|contestant| contestant.name);
    let head: Vec<&str> = std::iter::once("").chain(names).chain(["first"]).collect();
    Ok(table(&head, &rows))
}

fn contestants(installed: &Installed, set: &Set, scratch: &Path) -> Result<Vec<Contestant>> {
    let mut contestants = vec![Contestant::trunkline(set, scratch)?];
    contestants.extend(layout::peers(installed, set, scratch)?);
    Ok(contestants)
}

fn row(task: String, contestants: &[Contestant], samples: &Samples) -> Vec<String> {
    let mut cells = vec![task];
    for index in 0..contestants.len() {
        let time = seconds(samples.time(index).median);
        let Spread { low, median, high } = samples.ratio(index, 0);
        cells.push(if index == 0 {
            time
        } else {
            format!("{time}, {median:.2} x ({low:.2}–{high:.2})")
        });
    }
    let ratio = |index: &usize| samples.ratio(*index, 0).median;
    let first = (0..contestants.len()).min_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    cells.push(first.map_or_else(String::new, |index| contestants[index].name.to_owned()));
    cells
}
