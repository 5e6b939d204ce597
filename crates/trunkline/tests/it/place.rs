//! A database and a directory for one test, and the command line run there.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use trunkline_postgres::testing::TestDatabase;

use crate::outcome::Outcome;

const BINARY: &str = env!("CARGO_BIN_EXE_trunkline");

/// The command line in `directory`, with nothing of the caller's environment but where programs are.
fn trunkline(directory: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(directory).env_clear().kill_on_drop(true);
    for name in ["PATH", "HOME", "TRUNKLINE_POSTGRES_BIN"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A command line that is about to run.
pub(crate) struct Run {
    command: Command,
    line: String,
    known: Vec<(String, &'static str)>,
}

impl Run {
    /// In a directory alone, without a database.
    pub(crate) fn new(directory: &Path, line: &str) -> Self {
        let mut command = trunkline(directory);
        command.args(words(line));
        let shown = directory.to_str().unwrap().to_owned();
        let encoded = shown.replace('/', "%2F");
        let known = vec![(shown, "[directory]"), (encoded, "[directory]")];
        Self { command, line: line.to_owned(), known }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// A text that stands in the output and differs from run to run.
    pub(crate) fn known(mut self, text: impl Into<String>, with: &'static str) -> Self {
        self.known.insert(0, (text.into(), with));
        self
    }

    pub(crate) async fn run(mut self) -> Outcome {
        let output = self.command.output().await.unwrap();
        Outcome::new(self.line, output, self.known)
    }

    pub(crate) fn spawn(mut self) -> Running {
        Running { child: self.command.spawn().unwrap(), line: self.line, known: self.known }
    }

    /// On a terminal, at which `typed` is typed; there standard error is on standard output.
    pub(crate) async fn on_terminal(self, typed: &str) -> Outcome {
        let inner = self.command.as_std();
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--echo", "never", "--command"]);
        command.arg(format!("{BINARY} {}", self.line)).arg("/dev/null");
        command.current_dir(inner.get_current_dir().unwrap()).env_clear();
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm").env("SHELL", "/bin/sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stdin, typed.as_bytes()).await.unwrap();
        let mut output = child.wait_with_output().await.unwrap();
        drop(stdin);
        output.stdout.retain(|byte| *byte != b'\r');
        Outcome::new(self.line, output, self.known)
    }
}

/// A command line at work.
pub(crate) struct Running {
    child: Child,
    line: String,
    known: Vec<(String, &'static str)>,
}

impl Running {
    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        let process = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// What it writes to standard error from now on; `end` then has none of it.
    pub(crate) fn stderr(&mut self) -> tokio::process::ChildStderr {
        self.child.stderr.take().unwrap()
    }

    /// What it writes to standard output from now on; `end` then has none of it.
    pub(crate) fn stdout(&mut self) -> tokio::process::ChildStdout {
        self.child.stdout.take().unwrap()
    }

    pub(crate) async fn end(self) -> Outcome {
        let output = self.child.wait_with_output().await.unwrap();
        Outcome::new(self.line, output, self.known)
    }
}

/// A database of its own and a directory to work in.
pub(crate) struct Place {
    pub(crate) database: TestDatabase,
    directory: TempDir,
}

impl Place {
    /// With nothing in the database.
    pub(crate) async fn empty() -> Self {
        Self::with(TestDatabase::empty().await.unwrap())
    }

    /// With the sample platform of five companies.
    pub(crate) async fn platform() -> Self {
        Self::template("platform", &["database sample --companies 5"]).await
    }

    /// The sample platform, with the Partner API migrations applied.
    pub(crate) async fn migrated() -> Self {
        Self::template("migrated", &["database sample --companies 5", "migrate up"]).await
    }

    /// Made by these command lines.
    pub(crate) async fn template(name: &str, lines: &'static [&'static str]) -> Self {
        let build = async move |url: String| {
            for line in lines {
                let run = Run::new(Path::new("/tmp"), line).env("DATABASE_URL", &url);
                run.run().await.expect(0);
            }
            // Otherwise the counts of `plan` depend on whether autovacuum has come by.
            let target = trunkline_migrate::Target::parse(&url).unwrap();
            target.client().await.unwrap().batch_execute("ANALYZE").await.unwrap();
            Ok::<(), std::io::Error>(())
        };
        Self::with(TestDatabase::from_template(name, build).await.unwrap())
    }

    fn with(database: TestDatabase) -> Self {
        Self { database, directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file of the directory, and its folders.
    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A command line on the database; words are separated by spaces, and `'` holds them together.
    pub(crate) fn command(&self, line: &str) -> Run {
        let socket = self.database.cluster().socket_directory().to_str().unwrap().to_owned();
        Run::new(self.path(), line)
            .env("DATABASE_URL", self.database.url())
            .known(socket.replace('/', "%2F"), "[socket]")
            .known(socket, "[socket]")
            .known(self.database.name(), "[database]")
    }

    pub(crate) async fn run(&self, line: &str) -> Outcome {
        self.command(line).run().await
    }

    /// The same database for another login.
    pub(crate) fn url_as(&self, login: &str) -> String {
        self.database.url().replace("://trunkline@", &format!("://{login}@"))
    }

    /// A login without rights, shared by all tests, with those that `grants` gives it in this database.
    pub(crate) async fn login(&self, grants: &str) -> String {
        let sql = "DO $$ BEGIN CREATE ROLE trunkline_reader LOGIN; \
                   EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
        self.sql(sql).await;
        self.sql(grants).await;
        self.url_as("trunkline_reader")
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.database.connect().await.unwrap().batch_execute(sql).await.unwrap();
    }

    /// The first column of the first row, which is an integer.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.database.connect().await.unwrap().query_one(query, &[]).await.unwrap().get(0)
    }

    /// Waits until a statement that holds this text runs in the database.
    pub(crate) async fn wait_for_statement(&self, text: &str) {
        let query = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%{text}%'"
        );
        for _ in 0..500 {
            if self.number(&query).await > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no statement with {text} came");
    }

    /// Waits until a query that counts rows counts some.
    pub(crate) async fn wait_for_rows(&self, query: &str) {
        for _ in 0..6000 {
            if self.number(query).await > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("no rows came of {query}");
    }

    /// What psql says to a script, which must go through.
    pub(crate) async fn psql(&self, script: &str) {
        let mut command = Command::from(self.database.cluster().psql(self.database.name()));
        command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stdin, script.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The words of a line, as a simple shell reads them.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| {
            if index % 2 == 1 {
                vec![part.to_owned()]
            } else {
                part.split_whitespace().map(str::to_owned).collect()
            }
        })
        .collect()
}
