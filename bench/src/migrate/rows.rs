//! Which measurements make which rows, and their targets.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;

use super::contestant::Contestant;
use super::set::Set;
use super::{library, memory, private, race, revert};
use crate::measure::Samples;
use crate::report::{Quantity, Row, seconds};
use crate::server::Server;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Subject {
    /// Nothing pending
    Idle,
    /// 1,000 small migrations on an empty database
    Small,
    /// The Partner API set
    Partner,
    /// Peak resident memory
    Memory,
    /// `down` and `restore` of tables with rows
    Revert,
    /// The starts of a private PostgreSQL
    Private,
}

/// The run that all rows share.
struct Bench<'a> {
    server: &'a Server,
    scratch: &'a Path,
    rounds: usize,
    rows: Vec<Row>,
}

/// Measures `only` these subjects; none means all.
pub(super) async fn measure(
    server: &Server,
    scratch: &Path,
    rounds: usize,
    only: &[Subject],
) -> Result<Vec<Row>> {
    let mut bench = Bench { server, scratch, rounds, rows: Vec::new() };
    for subject in Subject::value_variants() {
        if !only.is_empty() && !only.contains(subject) {
            continue;
        }
        if let Some(value) = subject.to_possible_value() {
            eprintln!("measuring: {}", value.get_help().cloned().unwrap_or_default());
        }
        match subject {
            Subject::Idle => bench.idle().await?,
            Subject::Small => bench.small().await?,
            Subject::Partner => bench.partner().await?,
            Subject::Memory => bench.memory().await?,
            Subject::Revert => bench.revert().await?,
            Subject::Private => bench.private().await?,
        }
    }
    Ok(bench.rows)
}

impl Bench<'_> {
    async fn idle(&mut self) -> Result<()> {
        for (count, shown) in [(4, "4"), (1000, "1,000")] {
            let set = Set::small(count);
            let pair = [Contestant::trunkline(&set, self.scratch)?, Contestant::floor()?];
            let samples = race::idle(self.server, &pair, "template0", self.rounds).await?;
            let subject = format!("nothing pending, {shown} migrations");
            self.push(subject, &samples, pair[1].name, Some(1.5));
            let samples = library::idle(self.server, &set, self.scratch, self.rounds).await?;
            let subject = format!("the same as a library call, {shown} migrations");
            self.push(subject, &samples, "the same without a process", None);
        }
        Ok(())
    }

    async fn small(&mut self) -> Result<()> {
        let set = Set::small(1000);
        let pair =
            [Contestant::trunkline(&set, self.scratch)?, Contestant::psql(&set, self.scratch)?];
        let samples = race::apply(self.server, &pair, "template0", self.rounds).await?;
        let subject = "1,000 small migrations, empty database".to_owned();
        self.push(subject, &samples, "psql", Some(1.1));
        Ok(())
    }

    async fn partner(&mut self) -> Result<()> {
        let template = platform(self.server).await?;
        let pair = [
            Contestant::trunkline_embedded(self.scratch)?,
            Contestant::psql(&Set::partner()?, self.scratch)?,
        ];
        // It takes a fraction of a second, of which a few runs say little.
        let samples = race::apply(self.server, &pair, &template, self.rounds * 4).await?;
        self.push("the Partner API set".to_owned(), &samples, "psql", Some(1.3));
        self.server.drop_database(&template).await
    }

    async fn memory(&mut self) -> Result<()> {
        for (count, shown) in [(4, "4"), (1000, "1,000")] {
            let contestant = Contestant::trunkline(&Set::small(count), self.scratch)?;
            let peaks =
                memory::measure(self.server, &contestant, self.scratch, self.rounds).await?;
            let runs = [("nothing pending", peaks.idle), ("applying", peaks.apply)];
            for (what, peak) in runs {
                let result = Quantity::Mebibytes(peak);
                let subject = format!("peak memory, {what}, {shown} migrations");
                let (ours, floor) = (format!("{peak:.1} MiB"), String::new());
                self.rows.push(Row { subject, ours, floor, result, limit: Some(12.0) });
            }
        }
        Ok(())
    }

    async fn revert(&mut self) -> Result<()> {
        let template = platform(self.server).await?;
        let reverts = revert::measure(self.server, &template, self.scratch, self.rounds).await?;
        for (what, samples) in [("down", &reverts.down), ("restore", &reverts.restore)] {
            let (few, many) = (samples.time(0).median, samples.time(1).median);
            self.rows.push(Row {
                subject: format!("{what} of tables with 1,000,000 rows"),
                ours: seconds(many),
                floor: format!("with 10 rows {}", seconds(few)),
                result: Quantity::Times(samples.ratio(1, 0)),
                limit: Some(2.0),
            });
        }
        self.server.drop_database(&template).await
    }

    async fn private(&mut self) -> Result<()> {
        let samples = private::starts(self.rounds).await?;
        for (index, (what, limit)) in [("first", 3.0), ("warm", 0.3)].into_iter().enumerate() {
            let time = samples.time(index);
            self.rows.push(Row {
                subject: format!("private PostgreSQL, {what} start"),
                ours: seconds(time.median),
                floor: String::new(),
                result: Quantity::Seconds(time),
                limit: Some(limit),
            });
        }
        Ok(())
    }

    /// The first contestant held against the second.
    fn push(&mut self, subject: String, samples: &Samples, floor: &str, limit: Option<f64>) {
        self.rows.push(Row {
            subject,
            ours: seconds(samples.time(0).median),
            floor: format!("{floor} {}", seconds(samples.time(1).median)),
            result: Quantity::Times(samples.ratio(0, 1)),
            limit,
        });
    }
}

/// A template with the one table of the platform that the Partner API set requires.
async fn platform(server: &Server) -> Result<String> {
    let database = server.make_database("template0").await?;
    let client = server.connect(&database).await?;
    client
        .batch_execute("CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        .await?;
    Ok(database)
}
