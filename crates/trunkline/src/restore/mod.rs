//! `trunkline restore`: a backup into a database, all of it or nothing.

mod psql;
pub(crate) mod scratch;
mod script;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use trunkline_core::Clock;
use trunkline_migrate::{Error, ExitStatus};
use trunkline_postgres::Tools;
use trunkline_store::backup::{
    Aside, Extent, Lacking, Server, TargetState, list_aside, missing_moving_rights,
};

use crate::backup::{Manifest, Progress, Stored, refused, store};
use crate::config::Config;
use crate::connection::{Connection, Steps, cluster_options};
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{GOOD, Printer, WARNING};
use crate::{interrupt, keys, migrate};
use script::Restoration;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of a backup, or one of its files
    backup: PathBuf,
    /// Move tables that are there already aside into an archive schema, rows and all
    #[arg(long)]
    replace: bool,
    /// Leave out who was granted what
    #[arg(long)]
    no_privileges: bool,
    #[command(flatten)]
    trial: Trial,
    /// How long to wait for a table that is in use, and hold up others behind it
    #[arg(long, default_value = "2s", value_parser = migrate::span, value_name = "TIME")]
    lock_timeout: Duration,
}

/// Ways to see that a backup is good.
#[derive(Args)]
struct Trial {
    /// Check files, database and rights, and write nothing
    #[arg(long, conflicts_with = "scratch")]
    dry_run: bool,
    /// Restore into a scratch database on the same server, compare counts and checksums, and drop that
    #[arg(long, conflicts_with = "replace")]
    scratch: bool,
}

pub(crate) async fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let stored = Stored::find(&arguments.backup)?;
    stored.check(&Progress::new(printer))?;
    let config = Config::load(global)?;
    let connection = Connection::open(global).await?;
    let options = cluster_options(global, &config);
    let interrupt = interrupt::listen();
    let missing_keys = list_missing_keys(global, &config, &stored.manifest, printer).await;
    if arguments.trial.scratch {
        scratch::verify(&connection.target, &options, &stored, &interrupt, printer).await?;
        printer.line(format_args!(
            "{GOOD}It restores:{GOOD:#} every count and checksum agrees in a scratch database, which is dropped again."
        ));
        return Ok(finish(printer, &stored, &[], &missing_keys, "scratch"));
    }
    let client = connection.target.client_of("trunkline restore").await?;
    let timeout = format!("SET lock_timeout = {}", arguments.lock_timeout.as_millis());
    client.batch_execute(&timeout).await.map_err(|error| {
        Failure::failed(format!("the server does not answer: {error}"), "run it again")
    })?;
    let server = Server::inspect(&client).await.map_err(|error| store(&error))?;
    let manifest = &stored.manifest;
    let aside = arguments.examine(&client, manifest, &server).await?;
    let tools = Tools::find(&options, manifest.tools_major.max(server.major), &Steps).await?;
    if arguments.trial.dry_run {
        let rows = rows(manifest);
        printer.line(format_args!(
            "{GOOD}It can be restored:{GOOD:#} {rows} rows of {} tables. Nothing was written.",
            manifest.tables.len()
        ));
        tell_aside(printer, &aside, "would move");
        return Ok(finish(printer, &stored, &aside, &missing_keys, "nothing"));
    }
    let restoration = Restoration {
        tools: &tools,
        target: &connection.target,
        stored: &stored,
        aside: &aside,
        privileges: !arguments.no_privileges,
        lock_timeout: arguments.lock_timeout,
        printer,
    };
    restoration.run(&interrupt).await?;
    printer.line(format_args!(
        "{GOOD}Restored:{GOOD:#} {} rows of {} tables; every count and checksum agrees.",
        rows(manifest),
        manifest.tables.len()
    ));
    tell_aside(printer, &aside, "moved");
    printer.line("Check it: trunkline migrate verify; trunkline keys status");
    Ok(finish(printer, &stored, &aside, &missing_keys, "database"))
}

impl Arguments {
    /// Refuses what cannot be, before anything is touched; returns what has to make room.
    async fn examine(
        &self,
        client: &tokio_postgres::Client,
        manifest: &Manifest,
        server: &Server,
    ) -> Result<Vec<Aside>, Failure> {
        let roles: &[String] = if self.no_privileges { &[] } else { &manifest.grantees };
        let (tables, references) = (&manifest.tables, &manifest.references);
        let state = TargetState::inspect(client, manifest.extent, tables, references, roles).await;
        let TargetState { occupied, mut lacking } = state.map_err(|error| store(&error))?;
        if server.is_standby {
            lacking.push(Lacking {
                what: "the server is a standby, which takes no writes".to_owned(),
                hint: "give the address of the primary".to_owned(),
            });
        }
        lacking.extend(older_server(manifest, server));
        let gives_way = self.replace && manifest.extent == Extent::Partner;
        if !occupied.is_empty() && !gives_way {
            lacking.insert(0, occupying(&occupied, manifest.extent));
        }
        if !lacking.is_empty() {
            return Err(refused(
                "the backup cannot be restored here, and nothing was touched",
                &lacking,
            ));
        }
        if occupied.is_empty() {
            return Ok(Vec::new());
        }
        // A ledger that stays would speak of other tables than those that come.
        let mut schemas = manifest.schemas();
        schemas.extend(["public", "trunkline"].map(str::to_owned));
        let aside = list_aside(client, &schemas, Clock::system().now()).await;
        let aside = aside.map_err(|error| store(&error))?;
        let lacking = missing_moving_rights(client, &aside).await;
        let lacking = lacking.map_err(|error| store(&error))?;
        if !lacking.is_empty() {
            return Err(refused(
                "what is there cannot be moved aside, and nothing was touched",
                &lacking,
            ));
        }
        Ok(aside)
    }
}

/// A server that does not understand what a newer one wrote.
fn older_server(manifest: &Manifest, server: &Server) -> Option<Lacking> {
    let of = manifest.server_major;
    (server.major < of).then(|| Lacking {
        what: format!("the server is PostgreSQL {}, and the backup is of {of}", server.major),
        hint: format!("use a server of PostgreSQL {of} or newer"),
    })
}

fn occupying(occupied: &[String], extent: Extent) -> Lacking {
    let shown = occupied.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match occupied.len() {
        all if all > 5 => format!(" and {} more", all - 5),
        _ => String::new(),
    };
    Lacking {
        what: format!("what it makes is there already: {shown}{more}"),
        hint: match extent {
            Extent::Partner => "to move them aside, rows and all: --replace",
            Extent::WholeDatabase => {
                "make an empty database (CREATE DATABASE) and give its address"
            }
        }
        .to_owned(),
    }
}

/// The keys that the secrets in it need and that are not here; they are warned of.
async fn list_missing_keys(
    global: &Global,
    config: &Config,
    manifest: &Manifest,
    printer: &Printer,
) -> Vec<String> {
    let ring = keys::find_ring(global, config).await.ok().flatten();
    let has = |id: &String| {
        ring.as_ref().is_some_and(|ring| ring.ids().any(|known| known.to_string() == *id))
    };
    let missing: Vec<String> = manifest.key_ids.iter().filter(|id| !has(id)).cloned().collect();
    if !missing.is_empty() {
        printer.line(format_args!(
            "{WARNING}warning:{WARNING:#} secrets in it stand under the key {}, which is not configured here",
            missing.join(", ")
        ));
    }
    missing
}

fn tell_aside(printer: &Printer, aside: &[Aside], moved: &str) {
    for Aside { from, to, .. } in aside {
        let what = if from == "public" { "the contract tables of public" } else { from };
        printer.line(format_args!("  {moved} {what} to the schema {to}"));
    }
    if !aside.is_empty() {
        printer.line("  When they are not needed any more: DROP SCHEMA … CASCADE");
    }
}

fn rows(manifest: &Manifest) -> i64 {
    manifest.tables.iter().map(|contents| contents.rows).sum()
}

fn finish(
    printer: &Printer,
    stored: &Stored,
    aside: &[Aside],
    missing_keys: &[String],
    into: &str,
) -> ExitStatus {
    let moved = aside.iter().map(|it| serde_json::json!({ "from": it.from, "to": it.to }));
    printer.document(&serde_json::json!({
        "backup": stored.folder,
        "restored_into": into,
        "tables": stored.manifest.tables.len(),
        "rows": rows(&stored.manifest),
        "moved_aside": moved.collect::<Vec<_>>(),
        "missing_keys": missing_keys,
    }));
    ExitStatus::Done
}

/// It was asked to stop before anything lasted.
fn interrupted() -> Failure {
    let left = "everything was rolled back, nothing was changed";
    Failure::Migrate(Error::Interrupted { migration: None, left })
}
