//! `PgBouncer` in transaction mode between the runner and the server.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use trunkline_migrate::{ExitStatus, Options, Silent, UpRequest};
use trunkline_postgres::testing::TestDatabase;

use crate::child;
use crate::proxy::port;
use crate::support::{
    applied, assert_nothing_left, assert_verified, background, count, down, empty, exists, failure,
    migrator, migrator_with, partner, partner_folder, platform, run, source, texts, up,
};

/// A pooler in front of one database; it ends with this.
struct Pooler {
    process: Child,
    _directory: tempfile::TempDir,
    port: u16,
    database: String,
}

impl Pooler {
    /// `None`, and the reason printed, where `PgBouncer` is not installed.
    async fn open(database: &TestDatabase, size: u32) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
            .into_iter()
            .find(|program| Path::new(program).exists());
        let Some(program) = program else {
            eprintln!("skipped: PgBouncer is not installed (apt-get install pgbouncer)");
            return None;
        };
        let directory = tempfile::tempdir_in("/tmp").unwrap();
        let port_of_pooler =
            std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "[databases]\n{name} = host={host} port={port} user=trunkline pool_size={size}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port_of_pooler}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\nmax_client_conn = 200\nlogfile = {log}\n\
             server_lifetime = 3600\nserver_idle_timeout = 3600\n",
            name = database.name(),
            host = database.cluster().socket_directory().display(),
            port = port(database),
            log = directory.path().join("log").display(),
        );
        let file = directory.path().join("pgbouncer.ini");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(program);
        command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            let owned =
                Command::new("chown").arg("-R").arg("postgres:").arg(directory.path()).status();
            assert!(owned.unwrap().success());
            command.args(["-u", "postgres"]);
        }
        let pooler = Self {
            process: command.spawn().unwrap(),
            port: port_of_pooler,
            database: database.name().to_owned(),
            _directory: directory,
        };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", pooler.port)).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "PgBouncer did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(pooler)
    }

    fn url(&self) -> String {
        format!("postgresql://trunkline@127.0.0.1:{}/{}?sslmode=disable", self.port, self.database)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server connection of the pool would hand on to its next user.
async fn assert_pool_is_clean(database: &TestDatabase, pooler: &Pooler) {
    assert_nothing_left(database).await;
    let client = trunkline_migrate::Target::parse(&pooler.url()).unwrap().client().await.unwrap();
    for (setting, value) in
        [("lock_timeout", "0"), ("statement_timeout", "0"), ("search_path", "\"$user\", public")]
    {
        let rows = client.simple_query(&format!("SHOW {setting}")).await.unwrap();
        let shown = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        assert_eq!(shown, Some(value), "{setting}");
    }
}

#[tokio::test]
async fn the_partner_set_goes_up_and_down_and_comes_back_behind_a_pooler() {
    let database = platform().await;
    let Some(pooler) = Pooler::open(&database, 10).await else { return };
    let client = database.connect().await.unwrap();
    let pooled = migrator_with(&pooler.url(), partner(), Options::default());
    // From 019 on it needs PostgreSQL's own address: the indexes are built concurrently.
    let request = UpRequest { to: Some("018".to_owned()), ..UpRequest::default() };
    pooled.up(&request, Arc::new(Silent)).await.unwrap();
    run(&client, crate::platform::ROWS).await;
    let archive = down(&pooled).await.unwrap().archives.remove(0);
    pooled.restore(&archive.name, Arc::new(Silent)).await.unwrap();
    let direct = migrator(&database, partner());
    up(&direct).await.unwrap();
    assert_verified(&direct).await;
    assert!(pooled.status().await.unwrap().is_current());
    assert_pool_is_clean(&database, &pooler).await;
}

/// A folder with the Partner API migrations before the first one that needs no transaction.
fn transactional_part(directory: &Path) -> PathBuf {
    let folder = directory.join("migrations");
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(partner_folder()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap() < "019" {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    folder
}

#[tokio::test]
async fn several_runners_at_once_behind_a_pooler_apply_each_migration_once() {
    let database = platform().await;
    let Some(pooler) = Pooler::open(&database, 20).await else { return };
    let directory = tempfile::tempdir().unwrap();
    let folder = transactional_part(directory.path());
    let children: Vec<_> = (0..6).map(|_| child::spawn(&pooler.url(), &folder)).collect();
    for child in children {
        let (success, said) = child::finish(child);
        assert!(success, "{said}");
    }
    let client = database.connect().await.unwrap();
    let twice =
        "SELECT migration FROM trunkline.migration_history GROUP BY migration HAVING count(*) <> 1";
    assert_eq!(texts(&client, twice).await, [""; 0]);
    let direct = migrator(&database, partner());
    up(&direct).await.unwrap();
    assert_verified(&direct).await;
    assert_pool_is_clean(&database, &pooler).await;
}

#[tokio::test]
async fn a_file_without_a_transaction_is_refused_behind_a_pooler_with_the_url_to_use() {
    let database = empty().await;
    let Some(pooler) = Pooler::open(&database, 10).await else { return };
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("2-i.sql", "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY i ON a (id);"),
    ]);
    let pooled = migrator_with(&pooler.url(), set.clone(), Options::default());
    let refused = up(&pooled).await.unwrap_err();
    assert_eq!(refused.exit_status(), ExitStatus::Preflight);
    insta::assert_snapshot!("pooler", failure(&refused));
    assert_pool_is_clean(&database, &pooler).await;
    // The direct address goes on where that stopped.
    up(&migrator(&database, set)).await.unwrap();
    assert!(exists(&database.connect().await.unwrap(), "i").await);
}

#[tokio::test]
async fn a_failure_behind_a_pooler_leaves_its_server_connections_clean() {
    let database = empty().await;
    let Some(pooler) = Pooler::open(&database, 10).await else { return };
    let set = source(&[(
        "1-a.sql",
        "SET search_path = pg_catalog;\nSET lock_timeout = '1h';\nSET statement_timeout = '1h';\nCREATE TABLE public.a (id int);\nSELECT 1/0;",
    )]);
    up(&migrator_with(&pooler.url(), set, Options::default())).await.unwrap_err();
    assert_pool_is_clean(&database, &pooler).await;
    let set = source(&[(
        "1-a.sql",
        "SET search_path = pg_catalog;\nSET statement_timeout = '1h';\nCREATE TABLE public.a (id int);",
    )]);
    up(&migrator_with(&pooler.url(), set, Options::default())).await.unwrap();
    assert_pool_is_clean(&database, &pooler).await;
}

#[tokio::test]
async fn a_runner_behind_a_pooler_and_a_direct_one_exclude_each_other() {
    let database = empty().await;
    let Some(pooler) = Pooler::open(&database, 10).await else { return };
    let set = source(&[("1-a.sql", "CREATE TABLE a (id int); SELECT pg_sleep(0.5);")]);
    let pooled = migrator_with(&pooler.url(), set.clone(), Options::default());
    let direct = migrator(&database, set);
    let both = [background(&pooled, Arc::new(Silent)), background(&direct, Arc::new(Silent))];
    let mut worked = 0;
    for running in both {
        worked += applied(&running.await.unwrap().unwrap()).len();
    }
    assert_eq!(worked, 1);
    let client = database.connect().await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM trunkline.migration_history").await, 1);
    assert_pool_is_clean(&database, &pooler).await;
}

#[tokio::test]
async fn a_busy_pooler_is_found_and_takes_no_settings_from_a_migration_without_a_transaction() {
    let database = empty().await;
    let Some(pooler) = Pooler::open(&database, 10).await else { return };
    let traffic: Vec<_> = (0..4)
        .map(|_| {
            let url = pooler.url();
            tokio::spawn(async move {
                let target = trunkline_migrate::Target::parse(&url).unwrap();
                let client = target.client().await.unwrap();
                while client.simple_query("SELECT 1").await.is_ok() {}
            })
        })
        .collect();
    let alone = "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY t_id ON t (id);";
    let set = source(&[("1-a.sql", "CREATE TABLE t (id int);"), ("2-b.sql", alone)]);
    let direct = migrator(&database, source(&[("1-a.sql", "CREATE TABLE t (id int);")]));
    up(&direct).await.unwrap();
    let pooled = migrator_with(&pooler.url(), set, Options::default());
    for _ in 0..30 {
        let error = up(&pooled).await.unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight, "{error}");
    }
    for task in traffic {
        task.abort();
    }
    assert_pool_is_clean(&database, &pooler).await;
}
