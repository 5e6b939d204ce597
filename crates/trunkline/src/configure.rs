//! `trunkline config …`: what may be configured, and whether what is configured is understood.

use clap::{Args, Subcommand};
use trunkline_core::configuration::template;
use trunkline_migrate::ExitStatus;

use crate::config::Config;
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
    /// Print a trunkline.toml with every setting, its meaning and its default
    Template,
    /// Read the configuration as the service would, and say what is wrong with it
    Check,
}

pub(crate) fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    match arguments.command {
        Command::Template => {
            let template = template();
            printer.document(&serde_json::json!({ "template": template }));
            printer.line(template.trim_end());
        }
        Command::Check => {
            let config = Config::load(global)?;
            config.check()?;
            config.oidc()?;
            let file = Config::file(global);
            let from = file.map_or_else(
                || "no file; the defaults and the environment".to_owned(),
                |file| file.display().to_string(),
            );
            printer.document(&serde_json::json!({ "file": file }));
            printer.line(format_args!("{GOOD}Understood:{GOOD:#} {from}."));
        }
    }
    Ok(ExitStatus::Done)
}
