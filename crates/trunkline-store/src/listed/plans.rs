//! How PostgreSQL runs a statement, on a platform of many channels.

use std::sync::Arc;

use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, SimpleQueryMessage};
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;

use crate::partner_migrations;

/// So many make an index cheaper than a table everywhere; `TRUNKLINE_TEST_CHANNELS=1000000` is the
/// long form.
const CHANNELS: u32 = 90_000;

/// The most rows that a step may read for a page of 50: some company has so many.
const MOST_ROWS: u64 = 200;

/// A migrated platform in which a company has 10 channels, so that there are many clients too.
pub(crate) async fn platform() -> (TestDatabase, Client) {
    let channels =
        std::env::var("TRUNKLINE_TEST_CHANNELS").map_or(CHANNELS, |n| n.parse().unwrap());
    let database = TestDatabase::from_template("many channels", async |url| {
        let target = Target::parse(&url)?;
        let client = target.client().await?;
        let companies = "CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL)";
        client.batch_execute(companies).await?;
        let migrator = Migrator::new(partner_migrations()?, target, Options::default());
        migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
        let many = include_str!("../../../../bench/src/api/many.sql")
            .replace("{channels}", &channels.to_string())
            .replace("{companies}", &(channels / 10).to_string());
        client.batch_execute(&many).await?;
        client.batch_execute("VACUUM (ANALYZE)").await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    });
    let database = database.await.unwrap();
    let client = database.connect().await.unwrap();
    (database, client)
}

/// Runs it with a plan for its parameters and with one for any; the faults of both.
pub(crate) async fn faults(
    client: &Client,
    query: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Vec<String> {
    let values: Vec<String> = parameters.iter().map(|value| literal(value)).collect();
    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let prepare = format!("PREPARE looked_at AS {query}");
    client.batch_execute(&prepare).await.unwrap();
    let mut faults = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = format!("SET plan_cache_mode = {mode}");
        client.batch_execute(&set).await.unwrap();
        let explain =
            format!("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE looked_at{values}");
        let plan: Value = serde_json::from_str(&text(client, &explain).await).unwrap();
        let mut found = Vec::new();
        walk(&plan[0]["Plan"], &mut found);
        faults.extend(found.into_iter().map(|fault| format!("{mode}: {fault}")));
    }
    client.batch_execute("DEALLOCATE looked_at").await.unwrap();
    faults
}

/// As it is written in SQL: EXPLAIN EXECUTE takes no parameters.
fn literal(value: &dyn std::fmt::Debug) -> String {
    let text = format!("{value:?}").replace("\\u{10ffff}", "\u{10ffff}");
    let inner = text.strip_prefix("Some(").and_then(|text| text.strip_suffix(')'));
    match inner.unwrap_or(&text) {
        "None" => "NULL".to_owned(),
        text => format!("'{}'", text.trim_matches('"')),
    }
}

async fn text(client: &Client, query: &str) -> String {
    let messages = client.simple_query(query).await.unwrap();
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn walk(node: &Value, faults: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap();
    let place = node["Relation Name"].as_str().or(node["Index Name"].as_str()).unwrap_or_default();
    if kind == "Seq Scan" {
        faults.push(format!("reads all of {place}"));
    }
    let loops = node["Actual Loops"].as_u64().unwrap_or(1);
    let names = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
    let rows = names.into_iter().filter_map(|name| node[name].as_u64()).sum::<u64>() * loops;
    if rows > MOST_ROWS {
        faults.push(format!("{kind} {place} reads {rows} rows"));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, faults);
    }
}
