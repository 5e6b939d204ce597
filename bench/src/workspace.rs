//! Where the sources, the programs under test and the installed peers are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The folder of the workspace, from which this program was built.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// `release` in cargo's target directory, where this program stands.
fn programs() -> Result<PathBuf> {
    let program = std::env::current_exe().context("finding this program")?;
    Ok(program.parent().context("this program stands in no directory")?.to_owned())
}

/// Cargo's target directory.
pub(crate) fn target() -> Result<PathBuf> {
    Ok(programs()?.parent().context("there is no target directory")?.to_owned())
}

/// A release program of this workspace, beside this one.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let path = programs()?.join(name);
    ensure!(path.is_file(), "there is no {name} beside this program; leave out --no-build");
    Ok(path)
}

/// Builds the programs that are measured.
pub(crate) fn build() -> Result<()> {
    for arguments in [["-p", "trunkline", "--bins"], ["-p", "trunkline-bench", "--bins"]] {
        let status = Command::new(cargo())
            .args(["build", "--release", "--quiet", "--target-dir"])
            .arg(target()?)
            .args(arguments)
            .current_dir(root())
            .status()
            .context("running cargo")?;
        ensure!(status.success(), "cargo build {} failed", arguments.join(" "));
    }
    Ok(())
}

/// The cargo that runs us, else the one on the path.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// The commit that is measured, marked when files differ from it.
pub(crate) fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    let paths = ["status", "--porcelain", "--", "crates", "migrations", "Cargo.lock"];
    match git(&paths) {
        Some(changes) if changes.is_empty() => commit,
        _ => format!("{commit} with changes"),
    }
}
