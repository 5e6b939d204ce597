//! Users of a cluster that are processes of their own: this test binary again, at the test that stands here.

use std::{
    env,
    io::{BufRead, BufReader, Read, stdin},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use trunkline_postgres::Cluster;

use crate::directory::options;

/// Another process that has a cluster open.
pub(crate) struct User {
    child: Child,
    /// Kept open: the test harness prints at its end.
    _output: BufReader<ChildStdout>,
    pub(crate) pid: i32,
}

impl User {
    /// Starts the process, and does not wait for it.
    pub(crate) fn spawn(directory: &Path) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "process::hold", "--ignored", "--nocapture"])
            .env("HOLD_DIRECTORY", directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Waits until the process has the cluster open.
    pub(crate) fn ready(mut child: Child) -> Self {
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let line = output
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .find(|line| line.starts_with("server "))
            .unwrap();
        Self { child, _output: output, pid: line["server ".len()..].parse().unwrap() }
    }

    pub(crate) fn open(directory: &Path) -> Self {
        Self::ready(Self::spawn(directory))
    }

    /// Ends it as the kernel's out-of-memory killer would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it finish.
    pub(crate) fn finish(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[tokio::test]
#[ignore = "the body of the processes that other tests start"]
async fn hold() {
    let Some(directory) = env::var_os("HOLD_DIRECTORY") else { return };
    let cluster = Cluster::open(&options(Path::new(&directory)), &()).await.unwrap();
    println!("server {}", cluster.pid());
    stdin().read_to_end(&mut Vec::new()).unwrap();
    // A clean end: the server still answers when all that we wanted is done.
    cluster.connect("postgres").await.unwrap().batch_execute("SELECT 1").await.unwrap();
}
