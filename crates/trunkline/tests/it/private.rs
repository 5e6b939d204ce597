//! `database …` and `demo`: the private PostgreSQL of a directory that is gone afterwards.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::outcome::Outcome;
use crate::place::Run;

/// A data directory; its server is stopped and its data deleted at the end, however the test ends.
pub(crate) struct Private {
    directory: TempDir,
}

impl Private {
    pub(crate) fn new() -> Self {
        // A short path: a socket's has 107 bytes at most.
        let directory = tempfile::Builder::new().prefix("tlcli").tempdir_in("/tmp").unwrap();
        // As root, the server runs as another user.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn command(&self, line: &str) -> Run {
        Run::new(self.path(), line).env("TRUNKLINE_DATA_DIR", self.path().join("data"))
    }

    async fn run(&self, line: &str) -> Outcome {
        self.command(line).run().await
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trunkline"));
        let data = self.path().join("data");
        command.args(["database", "reset", "--yes"]).env("TRUNKLINE_DATA_DIR", data);
        let _ = command.output();
    }
}

#[tokio::test]
async fn it_starts_is_used_and_stops() {
    let private = Private::new();
    assert_snapshot!("absent", private.run("database status").await.expect(0));
    assert_snapshot!("not_stopped", private.run("database stop").await.expect(0));
    assert_snapshot!("started", private.run("database start").await.expect(0));
    assert_snapshot!("running", private.run("database status").await.expect(0));
    assert_snapshot!("running_json", private.run("database status --format json").await.expect(0));
    assert_snapshot!("port_refused", private.run("database start --port 0").await.expect(1));
    let psql = "database psql -c 'SELECT 41 + 1 AS answer'";
    assert_snapshot!("psql", private.run(psql).await.expect(0));
    private.run("database psql -c 'SELECT 1 / 0'").await.expect(1);
    assert_snapshot!("no_platform", private.run("migrate up").await.expect(6));
    assert_snapshot!("sample", private.run("database sample --companies 3").await.expect(0));
    assert_snapshot!("sample_twice", private.run("database sample").await.expect(1));
    let again = private.run("database sample --companies 4 --replace --format json").await;
    assert_snapshot!("sample_json", again.expect(0));
    private.run("migrate up").await.expect(0);
    private.run("migrate verify").await.expect(0);
    let referred = private.run("database sample --replace").await.expect(1);
    assert_snapshot!("sample_referred_to", referred);
    assert_snapshot!("stopped", private.run("database stop").await.expect(0));
    assert_snapshot!("stopped_json", private.run("database stop --format json").await.expect(0));
    assert_snapshot!("after_stop", private.run("database status").await.expect(0));
    private.run("migrate status --check").await.expect(0);
}

#[tokio::test]
async fn a_port_has_a_password() {
    let private = Private::new();
    let started = private.run("database start --port 0 --format json").await.expect(0);
    assert_snapshot!("port_json", started);
    let url = started.json()["tcp_url"].as_str().unwrap().to_owned();
    Run::new(private.path(), "migrate status").env("DATABASE_URL", &url).run().await.expect(0);
    let other = private.run("database start --port 1").await.expect(1);
    assert_snapshot!("other_port_refused", other);
    let (user, host) = url.split_once('@').unwrap();
    let wrong = format!("{}:wrong@{host}", user.rsplit_once(':').unwrap().0);
    let address = host.split_once('/').unwrap().0;
    let refused = Run::new(private.path(), "migrate status").env("DATABASE_URL", wrong);
    assert_snapshot!("wrong_password", refused.known(address, "[address]").run().await.expect(1));
}

#[tokio::test]
async fn reset_deletes_when_it_is_meant() {
    let private = Private::new();
    private.run("database start").await.expect(0);
    assert_snapshot!("reset_not_asked", private.run("database reset").await.expect(2));
    let refused = private.command("database reset").on_terminal("no\n").await.expect(2);
    assert_snapshot!("reset_refused", refused);
    private.run("database psql -c 'SELECT 1'").await.expect(0);
    private.command("database reset").on_terminal("yes\n").await.expect(0);
    assert_snapshot!("reset_absent", private.run("database status").await.expect(0));
    assert_snapshot!("reset_again", private.run("database reset --yes").await.expect(0));
    let json = private.run("database reset --yes --format json").await.expect(0);
    assert_snapshot!("reset_json", json);
    let json = private.run("database status --format json").await.expect(0);
    assert_snapshot!("absent_json", json);
}

#[tokio::test]
async fn the_demo_shows_the_whole_thing() {
    let private = Private::new();
    assert_snapshot!("demo", private.run("demo --companies 10 --migrations-only").await.expect(0));
    let json =
        private.run("demo --companies 10 --migrations-only --format json").await.expect(0).json();
    assert_eq!(json["up"]["applied"].as_array().unwrap().len(), 36);
}
