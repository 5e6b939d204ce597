//! `down` and `restore` of the Partner API tables, full and nearly empty.
//!
//! A restore brings back what the revert before it took, so every round begins with the same rows.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::contestant::{Contestant, trunkline};
use super::race::settle;
use crate::measure::{Samples, order};
use crate::program::{run, time};
use crate::server::Server;
use crate::workspace;

/// Rows of the two tables of numbers together: nearly none, and as many as a large platform has.
pub(super) const ROWS: [i32; 2] = [10, 1_000_000];

/// Accounts and numbers at two providers, `$1` rows of numbers in all.
const FILL: [&str; 5] = [
    "INSERT INTO companies (id, name) SELECT g, 'Company ' || g FROM generate_series(1, 5) g",
    "INSERT INTO dialog_360_clients (company_id, client_id) \
     SELECT g, 'client-' || g FROM generate_series(1, 5) g",
    "INSERT INTO meta_whatsapp_clients (company_id, business_account_id) \
     SELECT g, 'account-' || g FROM generate_series(1, 5) g",
    "INSERT INTO dialog_360_channels (client_id, channel_id, phone_number, display_name) \
     SELECT 1 + g % 5, 'channel-' || g, '+4930' || g, 'Number ' || g \
     FROM generate_series(1, $1 / 2) g",
    "INSERT INTO meta_whatsapp_phone_numbers \
        (client_id, phone_number_id, phone_number, display_name) \
     SELECT 1 + g % 5, 'number-' || g, '+4940' || g, 'Number ' || g \
     FROM generate_series(1, $1 / 2) g",
];

/// The times of `down` and of `restore`, in the order of [`ROWS`].
pub(super) struct Reverts {
    pub down: Samples,
    pub restore: Samples,
}

pub(super) async fn measure(
    server: &Server,
    template: &str,
    scratch: &Path,
    rounds: usize,
) -> Result<Reverts> {
    let mut databases = Vec::new();
    for rows in ROWS {
        databases.push(fill(server, template, scratch, rows).await?);
    }
    let mut reverts = Reverts { down: Samples::new(2), restore: Samples::new(2) };
    for round in 0..=rounds {
        for index in order(round, ROWS.len()) {
            let url = server.url(&databases[index]);
            server.checkpoint().await?;
            let down = time(command(scratch, &url, &["down"])?)?;
            let archive = kept_archive(scratch, &url)?;
            server.checkpoint().await?;
            let restore = time(command(scratch, &url, &["restore", &archive])?)?;
            if round > 0 {
                reverts.down.push(index, down);
                reverts.restore.push(index, restore);
            }
        }
    }
    for database in databases {
        server.drop_database(&database).await?;
    }
    Ok(reverts)
}

async fn fill(server: &Server, template: &str, scratch: &Path, rows: i32) -> Result<String> {
    let database = server.make_database(template).await?;
    run(Contestant::trunkline_embedded(scratch)?.command(&server.url(&database)))?;
    let client = server.connect(&database).await?;
    for statement in FILL {
        client.batch_execute(&statement.replace("$1", &rows.to_string())).await?;
    }
    settle(server, &database).await?;
    Ok(database)
}

fn command(scratch: &Path, url: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = trunkline(&workspace::program("trunkline")?, scratch, url);
    command.args(arguments);
    Ok(command)
}

/// The archive that is not back yet.
fn kept_archive(scratch: &Path, url: &str) -> Result<String> {
    let printed = run(command(scratch, url, &["restore", "--format", "json"])?)?;
    let document: serde_json::Value = serde_json::from_str(&printed)?;
    let archives = document["archives"].as_array().context("restore lists no archives")?;
    archives
        .iter()
        .find(|archive| archive["restored_at"].is_null())
        .and_then(|archive| archive["name"].as_str())
        .map(str::to_owned)
        .context("down made no archive")
}
