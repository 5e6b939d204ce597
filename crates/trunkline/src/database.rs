//! `trunkline database …`: the private PostgreSQL.

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand};
use trunkline_migrate::ExitStatus;
use trunkline_postgres::sample::{self, SampleOptions, SampleProgress, SampleSummary};
use trunkline_postgres::{Cluster, Options, Status};

use crate::config::Config;
use crate::connection::{Connection, DATABASE, Steps, cluster_options};
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{GOOD, Printer};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start it, and keep it running until `stop`
    Start {
        /// Also listen on this port of 127.0.0.1, with a password; 0 takes any that is free
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
    /// Stop it, whoever uses it
    Stop,
    /// Whether it runs, and its address
    Status,
    /// Open psql on it
    Psql {
        /// Given to psql as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Stop it and delete its data
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Fill the database with a platform as it is after some years, from a seeded generator
    Sample {
        /// So many companies, with about two users and two connections each
        #[arg(long, default_value_t = 100, value_name = "N")]
        companies: u32,
        /// The same seed makes the same data
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Replace a sample that is there
        #[arg(long)]
        replace: bool,
    },
}

pub(crate) async fn run(
    global: &Global,
    arguments: Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    if let Command::Sample { companies, seed, replace } = arguments.command {
        let connection = Connection::open(global).await?;
        let options = SampleOptions { companies, seed, replace };
        let summary = fill(&connection, &options, printer).await?;
        print_sample(printer, &connection, &summary);
        return Ok(ExitStatus::Done);
    }
    let options = cluster_options(global, &Config::load(global)?);
    match arguments.command {
        Command::Start { port } => start(options, port, printer).await,
        Command::Stop => {
            let stopped = trunkline_postgres::stop(&options.directory).await?;
            printer.document(&serde_json::json!({ "stopped": stopped }));
            printer.line(if stopped { "Stopped." } else { "It was not running." });
            Ok(ExitStatus::Done)
        }
        Command::Status => status(&options, printer),
        Command::Psql { arguments } => psql(&options, &arguments).await,
        Command::Reset { yes } => reset(&options, yes, printer).await,
        Command::Sample { .. } => Ok(ExitStatus::Done),
    }
}

async fn start(
    mut options: Options,
    port: Option<u16>,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    options.keep = true;
    options.tcp = port;
    let cluster = Cluster::open(&options, &Steps).await?;
    cluster.ensure_database(DATABASE).await?;
    let url = cluster.url(DATABASE);
    let tcp_url = cluster.tcp_url(DATABASE);
    printer.document(&serde_json::json!({ "url": url, "tcp_url": tcp_url, "pid": cluster.pid() }));
    printer.line("Running until `trunkline database stop`. Its address:");
    printer.line(format_args!("  {}", tcp_url.unwrap_or(url)));
    Ok(ExitStatus::Done)
}

fn status(options: &Options, printer: &Printer) -> Result<ExitStatus, Failure> {
    let directory = options.directory.display();
    let mut document = serde_json::json!({ "directory": options.directory });
    let status = trunkline_postgres::status(&options.directory)?;
    let url = status.url(DATABASE);
    let (word, text) = match status {
        Status::Absent => {
            ("absent", format!("There is none in {directory}; it is made at its first use."))
        }
        Status::Stopped { version } => {
            ("stopped", format!("PostgreSQL {version} in {directory}, not running."))
        }
        Status::Changing => ("changing", format!("It is starting or stopping ({directory}).")),
        Status::Running { version, pid, tcp_port, kept, .. } => {
            document["version"] = version.into();
            document["pid"] = pid.into();
            document["tcp_port"] = tcp_port.into();
            document["kept"] = kept.into();
            document["url"] = url.clone().into();
            let port =
                tcp_port.map_or_else(String::new, |port| format!(", port {port} on 127.0.0.1"));
            let until =
                if kept { "until `trunkline database stop`" } else { "as long as it is used" };
            (
                "running",
                format!("PostgreSQL {version} in {directory}, running {until}, pid {pid}{port}."),
            )
        }
        other => ("other", format!("{other:?}")),
    };
    document["status"] = word.into();
    printer.document(&document);
    printer.line(text);
    if let Some(url) = url {
        printer.line(format_args!("  {url}"));
    }
    Ok(ExitStatus::Done)
}

async fn psql(options: &Options, arguments: &[String]) -> Result<ExitStatus, Failure> {
    let cluster = Cluster::open(options, &Steps).await?;
    cluster.ensure_database(DATABASE).await?;
    // psql handles Ctrl-C itself; ours would end the server under it.
    let _interrupt = crate::interrupt::listen();
    let mut command = tokio::process::Command::from(cluster.psql(DATABASE));
    let status = command.args(arguments).status().await.map_err(|error| {
        Failure::failed(format!("cannot run psql: {error}"), "install PostgreSQL's client")
    })?;
    Ok(if status.success() { ExitStatus::Done } else { ExitStatus::Failed })
}

async fn reset(options: &Options, yes: bool, printer: &Printer) -> Result<ExitStatus, Failure> {
    if !yes {
        let directory = options.directory.display();
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                format!(
                    "reset deletes all data in {directory}, and there is no terminal to ask on"
                ),
                "say --yes if that is meant",
            ));
        }
        eprint!("This deletes all data in {directory}. Type yes: ");
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        if std::io::stdin().read_line(&mut answer).is_err() || answer.trim() != "yes" {
            return Err(Failure::usage("nothing was deleted", "type yes, or say --yes"));
        }
    }
    let deleted = trunkline_postgres::reset(&options.directory).await?;
    printer.document(&serde_json::json!({ "deleted": deleted }));
    printer.line(if deleted { "Deleted." } else { "There was nothing to delete." });
    Ok(ExitStatus::Done)
}

/// Makes the sample platform.
pub(crate) async fn fill(
    connection: &Connection,
    options: &SampleOptions,
    printer: &Printer,
) -> Result<SampleSummary, Failure> {
    let client = connection.target.client().await?;
    let shown = std::io::stderr().is_terminal() && !printer.is_json();
    let progress = |progress: SampleProgress| {
        if shown {
            eprint!("\r\x1b[K{}", describe(&progress));
        }
    };
    let made = sample::create(&client, options, progress).await;
    if shown {
        eprint!("\r\x1b[K");
    }
    made.map_err(|error| {
        let hint = error.hint().unwrap_or("`trunkline database sample --help` lists what it takes");
        Failure::failed(error.to_string(), hint)
    })
}

fn print_sample(printer: &Printer, connection: &Connection, summary: &SampleSummary) {
    printer.document(&serde_json::json!({
        "companies": summary.companies,
        "users": summary.users,
        "connections": summary.connections,
    }));
    printer.line(format_args!(
        "{GOOD}Done:{GOOD:#} {} companies, {} users, {} connections in {}.",
        summary.companies, summary.users, summary.connections, connection.target
    ));
}

fn describe(progress: &SampleProgress) -> String {
    match progress {
        SampleProgress::Rows { table, rows } => format!("writing {table}: {rows} rows"),
        SampleProgress::Keys => "making keys and indexes".to_owned(),
    }
}
