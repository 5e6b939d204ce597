//! A primary with a standby that streams from it: the primary dies in the middle of requests, the standby is promoted.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, sleep};
use trunkline_postgres::{Cluster, Options};

use crate::place::Run;
use crate::serving::{KEY, Serving, form};

/// Two servers of PostgreSQL; both end with this.
pub(crate) struct Pair {
    pub(crate) primary: Cluster,
    pub(crate) standby: Cluster,
    pub(crate) directory: TempDir,
}

impl Pair {
    /// The standby is a copy of the primary, made while it runs, and follows it.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("tlfail").tempdir_in("/tmp").unwrap();
        // As root, the servers run as another user.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let options = |name: &str| Options {
            max_connections: 40,
            fetch_into: None,
            ..Options::new(directory.path().join(name))
        };
        let primary = Cluster::open(&options("primary"), &()).await.unwrap();
        primary.ensure_database("platform").await.unwrap();
        let standby = directory.path().join("standby");
        copy(&primary, &standby).await;
        let standby = Cluster::open(&options("standby"), &()).await.unwrap();
        Self { primary, standby, directory }
    }

    /// Both servers, of which the one that takes writes is wanted; the standby is named first.
    fn address(&self) -> String {
        let socket = |cluster: &Cluster| cluster.socket_directory().to_str().unwrap().to_owned();
        let (standby, primary) = (socket(&self.standby), socket(&self.primary));
        format!(
            "host={standby},{primary} user=trunkline dbname=platform target_session_attrs=read-write"
        )
    }

    pub(crate) async fn has_caught_up(&self) {
        let primary = self.primary.connect("postgres").await.unwrap();
        let query = "
            SELECT count(*) > 0
            FROM pg_stat_replication
            WHERE replay_lsn >= pg_current_wal_lsn()";
        for _ in 0..600 {
            if primary.query_one(query, &[]).await.unwrap().get(0) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("the standby does not follow");
    }
}

/// A copy as `pg_basebackup` makes it, with what a standby needs to follow, for the same user.
async fn copy(primary: &Cluster, standby: &Path) {
    let data = standby.join("data");
    std::fs::create_dir(standby).unwrap();
    let psql = primary.psql("postgres");
    let beside = Path::new(psql.get_program()).with_file_name("pg_basebackup");
    let status = Command::new(beside)
        .arg("--pgdata")
        .arg(&data)
        .arg("--host")
        .arg(primary.socket_directory())
        .args(["--username", "trunkline", "--write-recovery-conf", "--checkpoint", "fast"])
        .status()
        .await
        .unwrap();
    assert!(status.success(), "pg_basebackup: {status}");
    let owner = std::fs::metadata(primary.socket_directory()).unwrap();
    let owner = format!("{}:{}", owner.uid(), owner.gid());
    let status = Command::new("chown").arg("-R").arg(owner).arg(standby).status().await.unwrap();
    assert!(status.success(), "chown: {status}");
    std::fs::set_permissions(standby, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// The status and body of requests that come one after the other until the time is over.
async fn ask(serving: &Serving, path: &str, until: Instant) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    while Instant::now() < until {
        let answer = serving.get(path).await;
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        answers.push((status, answer));
        sleep(Duration::from_millis(20)).await;
    }
    answers
}

#[tokio::test]
async fn a_standby_that_is_promoted_in_the_middle_of_requests_is_used_without_a_restart() {
    let pair = Pair::start().await;
    let run = |line: &str| {
        let run = Run::new(pair.directory.path(), line).env("DATABASE_URL", pair.address());
        run.env("TRUNKLINE_KEYS", KEY)
    };
    run("database sample --companies 3").run().await.expect(0);
    let serving = Serving::start(run("serve --listen 127.0.0.1:0")).await;
    pair.has_caught_up().await;
    // A busy machine may take longer than readiness waits for an answer.
    while !serving.get("/health/ready").await.starts_with("HTTP/1.1 200") {
        sleep(Duration::from_millis(100)).await;
    }

    let fails = async {
        sleep(Duration::from_millis(300)).await;
        let primary = Pid::from_raw(pair.primary.pid()).unwrap();
        kill_process(primary, Signal::QUIT).unwrap();
        sleep(Duration::from_millis(700)).await;
        let standby = pair.standby.connect("postgres").await.unwrap();
        standby.execute("SELECT pg_promote()", &[]).await.unwrap();
    };
    let until = Instant::now() + Duration::from_secs(3);
    let ready = ask(&serving, "/health/ready", until);
    let pages = ask(&serving, "/admin/sign-in", until);
    let ((), ready, pages) = tokio::join!(fails, ready, pages);

    for (path, answers) in [("/health/ready", ready), ("/admin/sign-in", pages)] {
        assert_eq!(answers.first().unwrap().0, "200", "{path}, before");
        let out = answers.iter().filter(|(status, _)| status == "503");
        let (mut number, mut unclear) = (0, Vec::new());
        for (_, answer) in out {
            number += 1;
            let is_clear = answer.contains("database") && answer.contains("retry-after");
            unclear.extend((!is_clear && path == "/admin/sign-in").then_some(answer));
        }
        assert!(number > 0, "{path}: it was noticed");
        assert!(unclear.is_empty(), "{path}: {unclear:#?}");
        let other = answers.iter().find(|(status, _)| status != "200" && status != "503");
        assert!(other.is_none(), "{path}: {other:?}");
    }
    let until = Instant::now() + Duration::from_secs(30);
    while !serving.get("/health/ready").await.starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < until, "it does not come back");
        sleep(Duration::from_millis(100)).await;
    }
    // An attempt to sign in is counted, so it is a write.
    let wrong = "email=ada%40example.com&password=another+long+sentence";
    let refused = form(&serving.address, "/admin/sign-in", "", wrong).await;
    assert!(refused.starts_with("HTTP/1.1 422"), "{refused}");
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
}
