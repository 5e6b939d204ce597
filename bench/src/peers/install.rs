//! Getting the peers from their registries, once, into `bench-peers` of the target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace;

const SQLX: &str = "sqlx-cli@0.9.0";
const REFINERY: &str = "refinery_cli@0.10.0";
const PACKAGES: [&str; 3] = ["dbmate@2.36.0", "node-pg-migrate@9.0.0", "pg@8.23.1"];

/// The programs of the peers.
pub(crate) struct Installed {
    pub sqlx: PathBuf,
    pub refinery: PathBuf,
    pub dbmate: PathBuf,
    pub node_pg_migrate: PathBuf,
}

impl Installed {
    /// Looks for them, and installs what is missing; compiling two of them takes minutes.
    pub(crate) fn find_or_install() -> Result<Self> {
        let root = workspace::target()?.join("bench-peers");
        let (crates, packages) = (root.join("cargo"), root.join("npm"));
        let modules = packages.join("node_modules");
        let installed = Self {
            sqlx: crates.join("bin/sqlx"),
            refinery: crates.join("bin/refinery"),
            // Its own program: the one in .bin is a script of Node that starts it.
            dbmate: modules.join(format!("@dbmate/{}/bin/dbmate", node_platform())),
            node_pg_migrate: modules.join(".bin/node-pg-migrate"),
        };
        if !installed.sqlx.is_file() {
            cargo_install(&root, &crates, SQLX, "rustls,postgres")?;
        }
        if !installed.refinery.is_file() {
            cargo_install(&root, &crates, REFINERY, "postgresql")?;
        }
        if !installed.dbmate.is_file() || !installed.node_pg_migrate.is_file() {
            npm_install(&packages)?;
        }
        for program in
            [&installed.sqlx, &installed.refinery, &installed.dbmate, &installed.node_pg_migrate]
        {
            ensure!(program.is_file(), "the installation left no {}", program.display());
        }
        Ok(installed)
    }
}

fn cargo_install(root: &Path, into: &Path, package: &str, features: &str) -> Result<()> {
    let mut command = Command::new(workspace::cargo());
    command
        .args(["install", "--locked", "--no-default-features", "--features", features, "--root"])
        .arg(into)
        .arg(package)
        .env("CARGO_TARGET_DIR", root.join("build"))
        .current_dir(workspace::root());
    install(command, package)
}

fn npm_install(into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    let mut command = Command::new("npm");
    command.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(into).args(PACKAGES);
    install(command, &PACKAGES.join(", "))
}

fn install(mut command: Command, what: &str) -> Result<()> {
    eprintln!("installing {what}");
    let status = command.status().with_context(|| format!("installing {what}"))?;
    ensure!(status.success(), "{what} could not be installed");
    Ok(())
}

/// The platform as Node names it.
fn node_platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    format!("{system}-{processor}")
}
