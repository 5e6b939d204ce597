//! `backup` elsewhere than on a primary over a socket: on a standby, over TLS, with programs of another version.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair};
use trunkline_postgres::{Cluster, Options};

use crate::failover::Pair;
use crate::outcome::Outcome;
use crate::place::{Place, Run};

const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CHANNELS: &str = "SELECT (SELECT count(*) FROM dialog_360_channels)
    + (SELECT count(*) FROM meta_whatsapp_phone_numbers) + (SELECT count(*) FROM trunkline.twilio_senders)";

async fn run(directory: &Path, url: &str, line: &str) -> Outcome {
    Run::new(directory, line).env("DATABASE_URL", url).env("TRUNKLINE_KEYS", KEY).run().await
}

/// The only backup in `backups`.
fn backup(directory: &Path) -> String {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory.join("backups")).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0).display().to_string()
}

async fn number(cluster: &Cluster, database: &str, query: &str) -> i64 {
    cluster.connect(database).await.unwrap().query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_standby_is_backed_up_as_of_one_moment_while_the_primary_writes() {
    let pair = Pair::start().await;
    let directory = pair.directory.path();
    let (primary, standby) = (pair.primary.url("platform"), pair.standby.url("platform"));
    run(directory, &primary, "database sample --companies 10").await.expect(0);
    run(directory, &primary, "migrate up").await.expect(0);
    run(directory, &primary, "import run").await.expect(0);
    pair.has_caught_up().await;

    let refused = run(directory, &standby, "backup backups --verify").await.expect(6);
    assert!(refused.stderr.contains("the server is a standby"), "{refused}");
    assert!(!directory.join("backups").exists(), "it is said before anything is written");

    // Each transaction moves one client and its channels; in no moment is there a client more or less.
    let writer = pair.primary.connect("platform").await.unwrap();
    let writing = tokio::spawn(async move {
        for turn in 0.. {
            let query = format!(
                "WITH gone AS (DELETE FROM dialog_360_clients WHERE client_id = 'moving' || {turn})
                INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'moving' || {turn} + 1)"
            );
            writer.batch_execute(&query).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let begun = "SELECT count(*) FROM dialog_360_clients WHERE client_id LIKE 'moving%'";
    while number(&pair.standby, "platform", begun).await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    run(directory, &standby, "backup backups").await.expect(0);
    writing.abort();
    let folder = backup(directory);

    let refused = run(directory, &standby, &format!("restore {folder} --dry-run")).await.expect(6);
    assert!(refused.stderr.contains("the server is a standby"), "{refused}");
    run(directory, &primary, &format!("restore {folder} --scratch")).await.expect(0);
    pair.primary.ensure_database("other").await.unwrap();
    let other = pair.primary.url("other");
    run(directory, &other, "database sample --companies 10").await.expect(0);
    run(directory, &other, &format!("restore {folder}")).await.expect(0);
    run(directory, &other, "import verify").await.expect(0);
    let moving = "SELECT count(*) FROM dialog_360_clients WHERE client_id LIKE 'moving%'";
    assert_eq!(number(&pair.primary, "other", moving).await, 1, "it is of one moment");
    assert_eq!(
        number(&pair.primary, "other", CHANNELS).await,
        number(&pair.primary, "platform", CHANNELS).await
    );
}

#[tokio::test]
async fn a_backup_goes_over_tls_to_a_server_that_is_believed_alone() {
    let server = TlsServer::start().await;
    let directory = server.directory.path();
    let url =
        |parameters: &str| format!("{}?{parameters}", server.cluster.tcp_url("postgres").unwrap());
    let full = |file: &str| {
        url(&format!("sslmode=verify-full&sslrootcert={}", directory.join(file).display()))
    };
    run(directory, &url("sslmode=require"), "database sample --companies 2").await.expect(0);
    run(directory, &url("sslmode=require"), "migrate up").await.expect(0);
    for address in [url("sslmode=require"), full("ours.pem")] {
        run(directory, &address, "backup backups --verify").await.expect(0);
        let folder = backup(directory);
        let restored = run(directory, &address, &format!("restore {folder} --replace")).await;
        restored.expect(0);
        fs::remove_dir_all(directory.join("backups")).unwrap();
    }
    let refused = run(directory, &full("stranger.pem"), "backup backups").await;
    assert_ne!(refused.status, 0, "{refused}");
    assert!(refused.stderr.contains("certificate"), "{refused}");
    assert!(!directory.join("backups").exists());
}

#[tokio::test]
async fn programs_that_are_older_than_the_server_are_refused_with_the_way_out() {
    let place = Place::migrated().await;
    let programs = place.path().join("programs");
    install(&programs, "11.22", None);
    let refused = place.command("backup backups").env("TRUNKLINE_POSTGRES_BIN", &programs);
    let refused = refused.run().await.expect(1);
    assert!(refused.stderr.contains("11.22"), "{refused}");
    assert!(refused.stderr.contains("postgresql-client-"), "{refused}");
    assert!(!place.path().join("backups").exists(), "nothing was begun");

    // Those that are newer read an older server.
    let own = Path::new(place.database.cluster().psql("postgres").get_program()).to_owned();
    install(&programs, "99.1", Some(own.parent().unwrap()));
    let made = place.command("backup backups --format json");
    let made = made.env("TRUNKLINE_POSTGRES_BIN", &programs).run().await.expect(0).json();
    assert_eq!(made["manifest"]["tools_major"], 99);

    // And then a restore needs programs as new.
    let folder = backup(place.path());
    let refused = place.run(&format!("restore {folder} --scratch")).await;
    assert_ne!(refused.status, 0, "{refused}");
    assert!(refused.stderr.contains("99"), "{refused}");
}

/// Programs that say that they are of a version, and do what those of `real` do.
fn install(directory: &Path, version: &str, real: Option<&Path>) {
    fs::create_dir_all(directory).unwrap();
    for program in ["pg_dump", "pg_restore", "psql"] {
        let path = directory.join(program);
        let work = real.map_or_else(
            || "exit 1".to_owned(),
            |real| format!("exec {} \"$@\"", real.join(program).display()),
        );
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '{program} (PostgreSQL) {version}'; exit; fi\n{work}\n"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// A server with a certificate of our own making.
struct TlsServer {
    cluster: Cluster,
    directory: tempfile::TempDir,
}

impl TlsServer {
    async fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("tlbackup").tempdir_in("/tmp").unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let home = directory.path().join("cluster");
        let options = Options { durable: false, tcp: Some(0), ..Options::new(&home) };
        let cluster = Cluster::open(&options, &()).await.unwrap();
        let authority = authority("ours");
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let owner = fs::metadata(home.join("data")).unwrap();
        for (name, text) in [("server.pem", certificate.pem()), ("server.key", key.serialize_pem())]
        {
            let path = home.join("data").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let admin = cluster.connect("postgres").await.unwrap();
        for setting in ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.key'", "ssl = on"] {
            admin.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await.unwrap();
        }
        admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        fs::write(directory.path().join("ours.pem"), authority.pem()).unwrap();
        fs::write(directory.path().join("stranger.pem"), self::authority("stranger").pem())
            .unwrap();
        let server = Self { cluster, directory };
        server.wait_until_encrypted().await;
        server
    }

    /// The server reads its settings again in its own time.
    async fn wait_until_encrypted(&self) {
        let url = format!("{}?sslmode=require", self.cluster.tcp_url("postgres").unwrap());
        for _ in 0..200 {
            if trunkline_migrate::Target::parse(&url).unwrap().client().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server never offered TLS");
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test]
async fn a_restore_leaves_another_set_alone_and_meets_a_schema_that_is_there() {
    let place = Place::platform().await;
    place.run("migrate up --to 012-describe-partner-tables").await.expect(0);
    place.run("backup backups").await.expect(0);
    let restore = format!("restore {} --replace", backup(place.path()));
    // What came after the backup: another set's migration, and more of ours.
    place.write("set/002-ours.sql", "CREATE TABLE ours (id INTEGER PRIMARY KEY);");
    place.run("migrate --source set up").await.expect(0);
    place.run("migrate up").await.expect(0);
    let reader = place.login("GRANT SELECT, REFERENCES ON companies TO trunkline_reader; GRANT CREATE ON SCHEMA public, trunkline TO trunkline_reader").await;
    let dry =
        place.command(&format!("{restore} --dry-run")).env("DATABASE_URL", &reader).run().await;
    let dry = dry.expect(6);
    assert!(dry.stderr.contains("as a superuser: ALTER SCHEMA trunkline OWNER TO"), "{dry}");
    place.run(&restore).await.expect(0);
    let entry = "SELECT count(*) FROM public.migrations WHERE filename = '002-ours.sql'";
    assert_eq!(place.number(entry).await, 1, "its table is there too");
    let later = "SELECT count(*) FROM public.migrations WHERE filename LIKE '013-%'";
    assert_eq!(place.number(later).await, 0);

    let other = Place::platform().await;
    other.sql("CREATE SCHEMA trunkline").await;
    let line = format!("restore {}", backup(place.path()));
    for dry in [" --dry-run", ""] {
        let refused = other.run(&format!("{line}{dry}")).await.expect(6);
        assert!(refused.stderr.contains("is there already: schema trunkline"), "{refused}");
    }
    other.run(&restore).await.expect(0);
    other.run("migrate verify").await.expect(3);
    other.run("migrate up").await.expect(0);
    other.run("migrate verify").await.expect(0);
}
