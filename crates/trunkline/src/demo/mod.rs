//! `trunkline demo`: the whole thing on a sample platform, in a database of its own.

#[cfg(feature = "simulator")]
mod living;

use std::sync::Arc;

use clap::Args;
use trunkline_migrate::{ExitStatus, Migrator, Observer, Target, UpRequest};
use trunkline_postgres::Cluster;
use trunkline_postgres::sample::SampleOptions;

use crate::config::Config;
use crate::connection::{Connection, Steps, cluster_options};
use crate::database::fill;
use crate::failure::Failure;
use crate::global::Global;
use crate::migrate::{default_options, print_checks};
use crate::output::{GOOD, HINT, Lines, Printer};

/// Made anew by each demo; nothing of anyone else's is in it.
const DATABASE: &str = "trunkline_demo";

#[derive(Args)]
pub(crate) struct Arguments {
    /// So many companies in the sample platform
    #[arg(long, default_value_t = 100, value_name = "N")]
    companies: u32,
    /// End after the migrations, without the service and its simulated providers
    #[arg(long)]
    migrations_only: bool,
}

pub(crate) async fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let config = Config::load(global)?;
    let private = cluster_options(global, &config);
    let cluster = Cluster::open(&private, &Steps).await?;
    recreate(&cluster).await?;
    let url = cluster.url(DATABASE);
    let connection = Connection { target: Target::parse(&url)?, cluster: Some(cluster) };

    heading(printer, "1. A platform's database, as it is after some years");
    let options = SampleOptions { companies: arguments.companies, ..SampleOptions::default() };
    let sample = fill(&connection, &options, printer).await?;
    printer.line(format_args!(
        "  {} companies, {} users, {} connections of WhatsApp and other channels",
        sample.companies, sample.users, sample.connections
    ));

    heading(printer, "2. trunkline migrate up");
    let source = trunkline_store::partner_migrations()?;
    let migrator = Migrator::new(source, connection.target.clone(), default_options());
    let observer: Arc<dyn Observer> = Arc::new(Lines::new(printer));
    let up = migrator.up(&UpRequest::default(), observer).await?;

    heading(printer, "3. trunkline migrate verify");
    let checks = migrator.verify(Some(trunkline_store::CATALOG)).await?;
    let status = print_checks(printer, &checks, false);

    #[cfg(feature = "simulator")]
    if !arguments.migrations_only && !printer.is_json() {
        let directory = private.directory.parent().unwrap_or(&private.directory);
        return living::run(&url, directory, printer).await;
    }
    #[cfg(not(feature = "simulator"))]
    if !arguments.migrations_only {
        printer.line(LIVING);
    }
    heading(printer, "Now try");
    for (command, what) in NEXT {
        printer.line(format_args!("  {HINT}{command:<34}{HINT:#}{what}"));
    }
    printer.line("");
    printer.line("with this address, which works while the private PostgreSQL runs");
    printer.line("(keep it running: trunkline database start; stop it: trunkline database stop):");
    printer.line(format_args!("  export DATABASE_URL='{url}'"));
    printer.document(&serde_json::json!({ "database_url": url, "up": up, "checks": checks }));
    Ok(status)
}

#[cfg(not(feature = "simulator"))]
const LIVING: &str = "\nA build with the feature `simulator` goes on: a service, and providers that send it webhooks.";

const NEXT: [(&str, &str); 5] = [
    ("trunkline migrate status", "what is applied"),
    ("trunkline migrate plan", "what `up` would lock and rewrite"),
    ("trunkline migrate down", "take it all back; rows go to an archive"),
    ("trunkline migrate restore", "list the archives, bring one back"),
    ("trunkline database psql", "look around (the private PostgreSQL's own database)"),
];

fn heading(printer: &Printer, text: &str) {
    printer.line(format_args!("\n{GOOD}{text}{GOOD:#}"));
}

async fn recreate(cluster: &Cluster) -> Result<(), Failure> {
    let admin = Target::parse(&cluster.url("postgres"))?.client().await?;
    let dropped = format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)");
    let sql = format!("CREATE DATABASE {DATABASE}");
    for statement in ["SET client_min_messages = warning".to_owned(), dropped, sql] {
        admin.batch_execute(&statement).await.map_err(|error| {
            let said =
                error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().into());
            Failure::failed(format!("cannot make the database {DATABASE}: {said}"), "try again")
        })?;
    }
    Ok(())
}
