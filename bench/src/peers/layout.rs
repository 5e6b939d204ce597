//! The folder and the command of each peer.

use std::path::Path;

use anyhow::Result;
use tokio_postgres::config::{Config, Host};

use super::Installed;
use crate::migrate::contestant::Contestant;
use crate::migrate::set::{Migration, Set};
use crate::program::program;

/// The peers, with `set` written for each.
///
/// All run one transaction for each migration, as Trunkline does; where that is not a peer's default, it is told so.
pub(super) fn peers(installed: &Installed, set: &Set, scratch: &Path) -> Result<Vec<Contestant>> {
    let scratch = scratch.join(format!("peers-{}", set.migrations.len()));
    Ok(vec![
        sqlx(installed, set, &scratch.join("sqlx"))?,
        refinery(installed, set, &scratch.join("refinery"))?,
        dbmate(installed, set, &scratch.join("dbmate"))?,
        node_pg_migrate(installed, set, &scratch.join("node-pg-migrate"))?,
    ])
}

fn sqlx(installed: &Installed, set: &Set, folder: &Path) -> Result<Contestant> {
    set.write(folder, |Migration { number, name, up, down }| {
        vec![
            (format!("{number:04}_{name}.up.sql"), up.clone()),
            (format!("{number:04}_{name}.down.sql"), down.clone()),
        ]
    })?;
    let (binary, folder) = (installed.sqlx.clone(), folder.to_owned());
    Ok(Contestant::new("sqlx-cli", move |url| {
        let mut command = program(&binary);
        command.args(["migrate", "run", "--database-url", url, "--source"]).arg(&folder);
        command.current_dir(&folder);
        command
    }))
}

/// It knows no down files. `-d` and `-m` have it refuse a changed and a missing file, as Trunkline does.
fn refinery(installed: &Installed, set: &Set, folder: &Path) -> Result<Contestant> {
    set.write(folder, |Migration { number, name, up, .. }| {
        vec![(format!("V{number}__{name}.sql"), up.clone())]
    })?;
    let (binary, folder) = (installed.refinery.clone(), folder.to_owned());
    Ok(Contestant::new("refinery", move |url| {
        let mut command = program(&binary);
        command.args(["migrate", "-d", "-m", "-e", "REFINERY_URL", "-p"]).arg(&folder);
        command.env("REFINERY_URL", url).current_dir(&folder);
        command
    }))
}

fn dbmate(installed: &Installed, set: &Set, folder: &Path) -> Result<Contestant> {
    set.write(folder, |Migration { number, name, up, down }| {
        let text = format!("-- migrate:up\n{up}\n-- migrate:down\n{down}");
        vec![(format!("{number:04}_{name}.sql"), text)]
    })?;
    let (binary, folder) = (installed.dbmate.clone(), folder.to_owned());
    Ok(Contestant::new("dbmate", move |url| {
        let mut command = program(&binary);
        command.args(["--no-dump-schema", "--url", &socket_in_query(url), "--migrations-dir"]);
        command.arg(&folder).arg("migrate").current_dir(&folder);
        command
    }))
}

fn node_pg_migrate(installed: &Installed, set: &Set, folder: &Path) -> Result<Contestant> {
    set.write(folder, |Migration { number, name, up, down }| {
        let text = format!("-- Up Migration\n{up}\n-- Down Migration\n{down}");
        vec![(format!("{number:04}_{name}.sql"), text)]
    })?;
    let (binary, folder) = (installed.node_pg_migrate.clone(), folder.to_owned());
    Ok(Contestant::new("node-pg-migrate", move |url| {
        let mut command = program(&binary);
        command.args(["up", "--no-single-transaction", "-m"]).arg(&folder);
        command.env("DATABASE_URL", url).current_dir(&folder);
        command
    }))
}

/// The URL with the socket's directory as a parameter: the driver of dbmate reads no other form.
fn socket_in_query(url: &str) -> String {
    let Ok(config) = url.parse::<Config>() else { return url.to_owned() };
    let Some(Host::Unix(directory)) = config.get_hosts().first() else { return url.to_owned() };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or_default();
    let directory = directory.display();
    format!("postgres://{user}@:{port}/{database}?host={directory}&sslmode=disable")
}

#[cfg(test)]
mod tests {
    use super::socket_in_query;

    #[test]
    fn a_socket_moves_from_the_host_to_a_parameter() {
        assert_eq!(
            socket_in_query("postgresql://me@%2Ftmp%2Fsocket:5432/bench_1"),
            "postgres://me@:5432/bench_1?host=/tmp/socket&sslmode=disable"
        );
    }
}
