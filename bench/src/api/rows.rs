//! Which measurements make which rows, and their targets.

use std::path::Path;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use serde_json::Value;

use super::client::{Client, Request};
use super::paths::{LISTS, PAGES, combinations};
use super::platform::{COMPANY_KEY, PLATFORM_KEY, SESSION};
use super::process;
use super::service::Service;
use crate::measure::{Samples, Spread, order};
use crate::report::{Quantity, Row, seconds};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Subject {
    /// Lists of the REST API
    Lists,
    /// Every combination of filters and orders
    Combinations,
    /// Pages of administration
    Pages,
    /// Memory and start of the process
    Process,
}

/// How many requests of each contestant a round has: one says little.
const REPEATS: u32 = 100;
/// The same where there are thousands of contestants.
const FEW_REPEATS: u32 = 5;
/// How many pages deep the deep page is.
const DEPTH: usize = 20;

/// The run that all rows share.
struct Bench<'a> {
    url: &'a str,
    scratch: &'a Path,
    rounds: usize,
    service: Service,
    rows: Vec<Row>,
}

/// Measures `only` these subjects; none means all.
pub(super) async fn measure(
    url: &str,
    scratch: &Path,
    rounds: usize,
    only: &[Subject],
) -> Result<Vec<Row>> {
    let service = Service::start(url).await?;
    let mut bench = Bench { url, scratch, rounds, service, rows: Vec::new() };
    for subject in Subject::value_variants() {
        if !only.is_empty() && !only.contains(subject) {
            continue;
        }
        if let Some(value) = subject.to_possible_value() {
            eprintln!("measuring: {}", value.get_help().cloned().unwrap_or_default());
        }
        match subject {
            Subject::Lists => bench.lists().await?,
            Subject::Combinations => bench.combinations().await?,
            Subject::Pages => bench.pages().await?,
            Subject::Process => bench.process().await?,
        }
    }
    Ok(bench.rows)
}

impl Bench<'_> {
    async fn lists(&mut self) -> Result<()> {
        let mut contestants: Vec<(String, Request)> = LISTS
            .iter()
            .map(|(name, path)| ((*name).to_owned(), Request::with_key(path, PLATFORM_KEY)))
            .collect();
        let deep = self.deep_page("/api/v1/channels?sort=created_at").await?;
        let name = format!("channels by creation, page {}", DEPTH + 1);
        contestants.push((name, Request::with_key(&deep, PLATFORM_KEY)));
        let own = Request::with_key("/api/v1/channels", COMPANY_KEY);
        contestants.push(("channels, by the key of a company".to_owned(), own));
        self.race(contestants, 3.0).await
    }

    /// The path of a page some way down a list.
    async fn deep_page(&self, list: &str) -> Result<String> {
        let mut client = Client::connect(self.service.address).await?;
        let mut path = list.to_owned();
        for _ in 0..DEPTH {
            let answer = client.get(&Request::with_key(&path, PLATFORM_KEY)).await?;
            ensure!(answer.status == 200, "{path} answered {}: {}", answer.status, answer.body);
            let page: Value = serde_json::from_str(&answer.body)?;
            let cursor = page["next_cursor"].as_str().unwrap_or_default();
            ensure!(!cursor.is_empty(), "{list} has fewer than {DEPTH} pages");
            path = format!("{list}&cursor={cursor}");
        }
        Ok(path)
    }

    async fn pages(&mut self) -> Result<()> {
        let mut client = Client::connect(self.service.address).await?;
        let mut contestants = Vec::new();
        for path in PAGES {
            let request = Request::signed_in(path, SESSION);
            let status = client.get(&request).await?.status;
            ensure!(status == 200, "{path} answered {status}");
            contestants.push((format!("the page {path}"), request));
        }
        self.race(contestants, 4.0).await
    }

    /// Every contestant against the floor, in turns.
    async fn race(&mut self, contestants: Vec<(String, Request)>, limit: f64) -> Result<()> {
        let floor = Request::new("/", "Accept: */*");
        let last = contestants.len();
        let mut samples = Samples::new(last + 1);
        // The first round warms up and does not count.
        for round in 0..=self.rounds {
            for index in order(round, last + 1) {
                // A connection for each turn: one that waits for the others' turns is closed as idle.
                let (address, request) = match contestants.get(index) {
                    Some((_, request)) => (self.service.address, request),
                    None => (self.service.floor, &floor),
                };
                let elapsed = Client::connect(address).await?.time(request, REPEATS).await?;
                if round > 0 {
                    samples.push(index, elapsed);
                }
            }
        }
        for (index, (subject, _)) in contestants.into_iter().enumerate() {
            self.rows.push(Row {
                subject,
                ours: seconds(samples.time(index).median),
                floor: format!("SELECT 1 {}", seconds(samples.time(last).median)),
                result: Quantity::Times(samples.ratio(index, last)),
                limit: Some(limit),
            });
        }
        Ok(())
    }

    /// The slowest of all combinations, each right after the floor; a second look at the slow ones
    /// tells bad plans from a busy moment.
    async fn combinations(&mut self) -> Result<()> {
        let mut client = Client::connect(self.service.address).await?;
        let mut offered = Vec::new();
        for path in combinations() {
            let request = Request::with_key(&path, PLATFORM_KEY);
            let answer = client.get(&request).await?;
            ensure!(matches!(answer.status, 200 | 422), "{path}: {}", answer.body);
            if answer.status == 200 {
                offered.push(request);
            }
        }
        let count = offered.len();
        let mut kept: Vec<(f64, usize)> = Vec::new();
        for (index, request) in offered.iter().enumerate() {
            kept.push((self.ratio(request, FEW_REPEATS).await?.0.median, index));
        }
        kept.sort_by(|a, b| b.0.total_cmp(&a.0));
        kept.truncate(10);
        let mut slowest: Option<(Spread, f64, f64, usize)> = None;
        for (_, index) in kept {
            let (ratio, ours, floor) = self.ratio(&offered[index], REPEATS).await?;
            if slowest.is_none_or(|(known, ..)| ratio.median > known.median) {
                slowest = Some((ratio, ours, floor, index));
            }
        }
        let Some((ratio, ours, floor, index)) = slowest else { return Ok(()) };
        let (_, query) = offered[index].path.split_once('?').unwrap_or_default();
        self.rows.push(Row {
            subject: format!("the slowest of {count} combinations: {}", query.replace('&', ", ")),
            ours: seconds(ours),
            floor: format!("SELECT 1 {}", seconds(floor)),
            result: Quantity::Times(ratio),
            limit: Some(3.0),
        });
        Ok(())
    }

    /// The ratio of one request to the floor, and both times.
    async fn ratio(&self, request: &Request, repeats: u32) -> Result<(Spread, f64, f64)> {
        let floor = Request::new("/", "Accept: */*");
        let mut at_floor = Client::connect(self.service.floor).await?;
        let mut client = Client::connect(self.service.address).await?;
        let mut samples = Samples::new(2);
        for round in 0..=self.rounds {
            for index in order(round, 2) {
                let elapsed = match index {
                    0 => client.time(request, repeats).await?,
                    _ => at_floor.time(&floor, repeats).await?,
                };
                if round > 0 {
                    samples.push(index, elapsed);
                }
            }
        }
        Ok((samples.ratio(0, 1), samples.time(0).median, samples.time(1).median))
    }

    async fn process(&mut self) -> Result<()> {
        let measured = process::measure(self.url, self.scratch, self.rounds).await?;
        self.rows.push(Row {
            subject: "cold start to ready, migrated database".to_owned(),
            ours: seconds(measured.start.median),
            floor: String::new(),
            result: Quantity::Seconds(measured.start),
            limit: Some(0.15),
        });
        self.rows.push(Row {
            subject: "resident memory of the idle service".to_owned(),
            ours: format!("{:.1} MiB", measured.memory),
            floor: String::new(),
            result: Quantity::Mebibytes(measured.memory),
            limit: Some(40.0),
        });
        Ok(())
    }
}
