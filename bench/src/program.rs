//! Running a program that is measured.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A program in an environment that steers nothing.
pub(crate) fn program(path: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        let steers = name
            .to_str()
            .is_some_and(|name| name.starts_with("PG") || name.starts_with("TRUNKLINE"));
        if steers || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it to its end and returns how long that took, from the fork to the exit.
pub(crate) fn time(mut command: Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status();
    let elapsed = began.elapsed();
    match status {
        Ok(status) if status.success() => Ok(elapsed),
        // Once more, for its own words: its output is not caught while it is measured.
        _ => Err(run(command).err().unwrap_or_else(|| anyhow::anyhow!("it failed, and then not"))),
    }
}

/// Runs it to its end and returns what it printed.
pub(crate) fn run(mut command: Command) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("running {name}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name} ended with {}:\n{}{}", output.status, printed.trim(), said.trim());
    }
    Ok(printed)
}

/// Runs it to its end and returns its peak resident memory, in MiB.
pub(crate) fn peak_memory(command: &Command, scratch: &Path) -> Result<f64> {
    let file = scratch.join("peak");
    let mut peak = program(workspace::program("peak")?);
    peak.arg(&file).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => peak.env(name, value),
            None => peak.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        peak.current_dir(directory);
    }
    run(peak)?;
    let kibibytes: f64 = fs::read_to_string(&file)?.trim().parse()?;
    Ok(kibibytes / 1024.0)
}
