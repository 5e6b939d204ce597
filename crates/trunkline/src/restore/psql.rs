use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use trunkline_migrate::{ExitStatus, Target};
use trunkline_postgres::Tools;

use crate::backup::last_lines;
use crate::failure::Failure;

const BUFFER: usize = 256 * 1024;

/// What `pg_restore` writes at the head of every script; waiting without end would queue the platform behind us.
const NO_LOCK_TIMEOUT: &str = "SET lock_timeout = 0;";

/// What it writes there from PostgreSQL 17 on, for a server that may be older.
const NO_TRANSACTION_TIMEOUT: &str = "SET transaction_timeout = 0;\n";

/// A session that ends at its first error, and with it the transaction that is open.
pub(super) struct Psql {
    child: Child,
    stdin: ChildStdin,
    lines: UnboundedReceiver<String>,
    said: JoinHandle<String>,
    /// COMMIT was sent, so an end without an error of the server's says nothing of what became of it.
    is_committing: bool,
}

impl Psql {
    pub(super) fn start(tools: &Tools, target: &Target) -> Result<Self, Failure> {
        let mut command = tools.command("psql");
        command.envs(target.libpq_environment(tools.major()));
        command.args(["--no-psqlrc", "--no-password", "--quiet", "--no-align", "--tuples-only"]);
        command.args(["--field-separator=|", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose"]);
        command.arg("--file=-");
        let mut command = Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let cannot = |reason: String| {
            Failure::failed(format!("cannot run psql: {reason}"), "install PostgreSQL's client")
        };
        let mut child =
            command.kill_on_drop(true).spawn().map_err(|error| cannot(error.to_string()))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(mut stderr)) = pipes else {
            return Err(cannot("it has no pipes".to_owned()));
        };
        let (sender, lines) = unbounded_channel();
        tokio::spawn(async move {
            let mut stdout = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = stdout.next_line().await {
                let _ = sender.send(line);
            }
        });
        let said = tokio::spawn(async move {
            let mut said = Vec::new();
            let _ = stderr.read_to_end(&mut said).await;
            String::from_utf8_lossy(&said).into_owned()
        });
        Ok(Self { child, stdin, lines, said, is_committing: false })
    }

    /// Sends a script.
    pub(super) async fn send(&mut self, script: &str) -> Result<(), Failure> {
        match self.stdin.write_all(script.as_bytes()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Sends what `pg_restore` writes; `hear` gets each line that it says meanwhile.
    pub(super) async fn pipe(
        &mut self,
        pg_restore: std::process::Command,
        lock_timeout: u128,
        mut hear: impl FnMut(&str) + Send,
    ) -> Result<(), Failure> {
        let mut command = Command::from(pg_restore);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let cannot = |reason: &str| {
            Failure::failed(
                format!("pg_restore failed: {reason}; everything was rolled back"),
                "take another backup, or a newer client of PostgreSQL",
            )
        };
        let mut child = command.spawn().map_err(|error| cannot(&error.to_string()))?;
        let (Some(mut stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(cannot("it has no output"));
        };
        let mut said = String::new();
        let mut stderr = BufReader::new(stderr).lines();
        let mut is_heard = true;
        let (mut buffer, mut is_head) = (vec![0; BUFFER], true);
        loop {
            tokio::select! {
                line = stderr.next_line(), if is_heard => match line {
                    Ok(Some(line)) => {
                        hear(&line);
                        said.push_str(&line);
                        said.push('\n');
                    }
                    _ => is_heard = false,
                },
                read = stdout.read(&mut buffer) => {
                    let read = read.map_err(|error| cannot(&error.to_string()))?;
                    if read == 0 {
                        break;
                    }
                    let head = is_head.then(|| bounded(&buffer[..read], lock_timeout));
                    is_head = false;
                    let bytes = head.as_deref().unwrap_or(&buffer[..read]);
                    if self.stdin.write_all(bytes).await.is_err() {
                        return Err(self.failure().await);
                    }
                }
            }
        }
        while let Ok(Some(line)) = stderr.next_line().await {
            said.push_str(&line);
            said.push('\n');
        }
        let status = child.wait().await.map_err(|error| cannot(&error.to_string()))?;
        if status.success() { Ok(()) } else { Err(cannot(&last_lines(&said))) }
    }

    /// The lines that came until `mark` did.
    pub(super) async fn lines_until(&mut self, mark: &str) -> Result<Vec<String>, Failure> {
        self.send(&format!("\\echo {mark}\n")).await?;
        let mut lines = Vec::new();
        while let Some(line) = self.lines.recv().await {
            if line == mark {
                return Ok(lines);
            }
            lines.push(line);
        }
        Err(self.failure().await)
    }

    /// Commits; what may be there or not is told.
    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        self.is_committing = true;
        self.send("COMMIT;\n").await?;
        self.lines_until("trunkline-committed").await.map(drop)
    }

    /// Cancels what runs, so that the server does not go on with it alone.
    pub(super) fn cancel(&self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            let _ = kill_process(id, Signal::INT);
        }
    }

    /// Lets it come to its end.
    pub(super) async fn end(self) {
        let Self { mut child, stdin, .. } = self;
        drop(stdin);
        let _ = child.wait().await;
    }

    /// Why it ended.
    async fn failure(&mut self) -> Failure {
        let _ = self.child.wait().await;
        let said = (&mut self.said).await.unwrap_or_default();
        explain(&said, self.is_committing)
    }
}

/// A script that gives up rather than wait for a lock without end, and that older servers take.
fn bounded(head: &[u8], lock_timeout: u128) -> Vec<u8> {
    let bound = format!("SET lock_timeout = {lock_timeout};");
    replaced(&replaced(head, NO_TRANSACTION_TIMEOUT, ""), NO_LOCK_TIMEOUT, &bound)
}

fn replaced(script: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = script.windows(from.len()).position(|part| part == from.as_bytes());
    let Some(at) = at else { return script.to_vec() };
    [&script[..at], to.as_bytes(), &script[at + from.len()..]].concat()
}

/// The error in what psql said; its detail and context stay out, in which values of rows may stand.
fn explain(said: &str, is_committing: bool) -> Failure {
    let error = said.lines().find_map(|line| line.split_once("ERROR:  ").map(|(_, error)| error));
    let Some((code, message)) = error.and_then(|error| error.split_once(": ")) else {
        let reason = last_lines(said);
        if is_committing {
            return Failure::failed(
                format!(
                    "psql ended while it committed, so all of it is there or nothing: {reason}"
                ),
                "see that the server runs; where it was rolled back, --dry-run finds room as before: then run it again",
            );
        }
        return Failure::failed(
            format!("psql ended: {reason}; everything was rolled back"),
            "see that the server runs and takes connections; then run it again",
        );
    };
    let (hint, status) = match code {
        "55P03" => ("a table is in use; try again when that is done", ExitStatus::Blocked),
        "42501" => ("give the login that right, or restore as the owner", ExitStatus::Failed),
        "42704" if message.starts_with("role ") => (
            "make it: CREATE ROLE …; or, where it is only granted something: --no-privileges",
            ExitStatus::Failed,
        ),
        "53100" => ("free space on the server's disk; then run it again", ExitStatus::Failed),
        "23503" => (
            "rows that it refers to were deleted meanwhile; look with --dry-run",
            ExitStatus::Failed,
        ),
        _ => ("mend that, and run it again", ExitStatus::Failed),
    };
    Failure::Other {
        message: format!(
            "PostgreSQL refused it: {message} (SQLSTATE {code}); everything was rolled back"
        ),
        hint: Some(hint.to_owned()),
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::{bounded, explain};

    #[test]
    fn a_script_does_not_wait_for_locks_without_end() {
        let head = b"SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET transaction_timeout = 0;\nSET x = 1;";
        let expected = b"SET statement_timeout = 0;\nSET lock_timeout = 2000;\nSET x = 1;";
        assert_eq!(bounded(head, 2000), expected);
        assert_eq!(bounded(b"COPY", 2000), b"COPY");
    }

    #[test]
    fn a_refusal_is_told_without_the_values_of_rows() {
        let said = "psql:<stdin>:7: ERROR:  23503: insert violates foreign key \"k\"\n\
                    DETAIL:  Key (company_id)=(fake-secret) is not present.\nLOCATION:  ri.c:1\n";
        let failure = explain(said, false);
        let expected = "PostgreSQL refused it: insert violates foreign key \"k\" (SQLSTATE 23503); \
                        everything was rolled back";
        assert_eq!(failure.to_string(), expected);
        let ended = explain("could not connect\n", false).to_string();
        assert!(ended.contains("could not connect; everything was rolled back"), "{ended}");
        let unknown = explain("server closed the connection\n", true).to_string();
        assert!(unknown.contains("all of it is there or nothing: server closed"), "{unknown}");
        assert_eq!(explain(said, true).to_string(), expected);
    }
}
