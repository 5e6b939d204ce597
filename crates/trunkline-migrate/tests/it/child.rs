//! Runners that are processes of their own: this test binary again, at the test that stands here.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use trunkline_migrate::source::Source;
use trunkline_migrate::{Event, Observer, Options, Policy};

use crate::support::{line, migrator_with};

/// Starts a process that runs `ensure_current` with the default policy.
pub(crate) fn spawn(url: &str, folder: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "child::runner", "--ignored", "--nocapture", "--test-threads=1"])
        .env("TRUNKLINE_TEST_CHILD", url)
        .env("TRUNKLINE_TEST_FOLDER", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for its end; what it printed.
pub(crate) fn finish(child: Child) -> (bool, String) {
    let output = child.wait_with_output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.success(), said.concat())
}

/// Prints each event as it comes.
struct Printing;

impl Observer for Printing {
    fn event(&self, event: &Event<'_>) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", line(event));
        let _ = out.flush();
    }
}

#[tokio::test]
#[ignore = "the body of the processes that other tests start"]
async fn runner() {
    let (Ok(url), Ok(folder)) =
        (env::var("TRUNKLINE_TEST_CHILD"), env::var("TRUNKLINE_TEST_FOLDER"))
    else {
        return;
    };
    let migrator = migrator_with(&url, Source::directory(folder).unwrap(), Options::default());
    match migrator.ensure_current(Policy::Apply, Arc::new(Printing)).await {
        Ok(report) => println!(
            "\nreport {} applied, by another {}",
            report.applied.len(),
            report.done_by_another
        ),
        Err(error) => panic!("{error}\n{:?}", error.hint()),
    }
}
