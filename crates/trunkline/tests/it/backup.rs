//! `backup` and `restore`: what is lost comes back, and nothing else is touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Rows of ours that only a backup brings back.
const FACTS: &str = "SELECT (SELECT count(*) FROM dialog_360_channels) * 1000000
    + (SELECT count(*) FROM meta_whatsapp_phone_numbers) * 1000
    + (SELECT count(*) FROM trunkline.twilio_senders)";

/// A platform whose connections are imported, with an archive of an earlier revert.
async fn imported() -> Place {
    let place = Place::template("backup", &["database sample --companies 20", "migrate up"]).await;
    run(&place, "import run").await.expect(3);
    place
}

async fn run(place: &Place, line: &str) -> Outcome {
    place.command(line).env("TRUNKLINE_KEYS", KEY).run().await
}

/// The folder of the only backup in `backups`.
fn folder(place: &Place) -> PathBuf {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(place.path().join("backups")).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

/// Where it is, for a command line.
fn named(place: &Place) -> String {
    folder(place).strip_prefix(place.path()).unwrap().display().to_string()
}

async fn backed_up(place: &Place) -> PathBuf {
    run(place, "backup backups").await.expect(0);
    folder(place)
}

/// Another database with the platform's tables alone, in the same directory.
async fn elsewhere(place: &Place) -> Place {
    let other = Place::template("platform20", &["database sample --companies 20"]).await;
    copy(&place.path().join("backups"), &other.path().join("backups"));
    other
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn every_command_explains_itself() {
    for command in ["backup", "restore"] {
        let help = Run::new(Path::new("/tmp"), &format!("{command} --help")).run().await.expect(0);
        assert_snapshot!(format!("help_{command}"), help);
    }
}

#[tokio::test]
async fn a_backup_comes_back_in_another_database_row_for_row() {
    let place = imported().await;
    let made = run(&place, "backup backups --verify").await.expect(0);
    assert_snapshot!("backup", made);
    assert_eq!(place.number("SELECT count(*) FROM pg_database WHERE datname LIKE 'trunkline_scratch_%' AND pg_has_role(datdba, 'USAGE') AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)").await, 0);
    let mode = fs::metadata(folder(&place)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "only its owner reads it");

    let other = elsewhere(&place).await;
    let line = format!("restore {}", named(&other));
    let restored = other.command(&line).known(place.database.name(), "[database]");
    let restored = restored.env("TRUNKLINE_KEYS", KEY).run().await.expect(0);
    assert_snapshot!("restore", restored);
    assert_eq!(other.number(FACTS).await, place.number(FACTS).await);
    run(&other, "migrate verify").await.expect(0);
    run(&other, "import verify").await.expect(0);
    run(&other, "keys status --check").await.expect(0);
    run(&other, "migrate status --check").await.expect(0);
    // Ids go on where they were.
    let next = "INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'new') RETURNING id::BIGINT";
    let last = place.number("SELECT max(id)::BIGINT FROM dialog_360_clients").await;
    assert!(other.number(next).await > last);
}

#[tokio::test]
async fn the_manifest_says_what_is_needed() {
    let place = imported().await;
    place.login("GRANT SELECT ON dialog_360_clients TO trunkline_reader").await;
    let made = run(&place, "backup backups --format json").await.expect(0).json();
    let manifest = &made["manifest"];
    assert_eq!(manifest["format"], 1);
    assert_eq!(manifest["extent"], "partner");
    assert_eq!(manifest["key_ids"], serde_json::json!(["e2aa328c"]));
    assert_eq!(manifest["plaintext_secrets"], 0);
    assert!(manifest["grantees"].as_array().unwrap().contains(&"trunkline_reader".into()));
    assert_eq!(manifest["references"][0]["table"], "companies");
    let names: Vec<_> =
        manifest["migrations"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names[0], "007-partner-configurations");
    let channels = manifest["tables"].as_array().unwrap().iter();
    let channels = channels.clone().find(|it| it["table"] == "dialog_360_channels").unwrap();
    assert_eq!(channels["rows"], place.number("SELECT count(*) FROM dialog_360_channels").await);
    let text = fs::read_to_string(folder(&place).join("manifest.json")).unwrap();
    assert_eq!(&serde_json::from_str::<serde_json::Value>(&text).unwrap(), manifest);
    // The sums are those that the usual tool reads, and no file holds a secret.
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(folder(&place))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert!(!text.contains("tlk1."));
}

#[tokio::test]
async fn a_target_with_tables_is_refused_or_moved_aside() {
    let place = imported().await;
    backed_up(&place).await;
    let facts = place.number(FACTS).await;
    place.sql("DELETE FROM dialog_360_channels; DELETE FROM trunkline.twilio_senders").await;
    let name = named(&place);
    let refused = run(&place, &format!("restore {name}")).await.expect(6);
    assert_snapshot!("restore_occupied", refused);
    assert_ne!(place.number(FACTS).await, facts);

    let restored = run(&place, &format!("restore {name} --replace")).await.expect(0);
    assert_snapshot!("restore_replaced", restored);
    assert_eq!(place.number(FACTS).await, facts);
    run(&place, "migrate verify").await.expect(0);
    let kept = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'trunkline\\_archive\\_%'";
    assert_eq!(place.number(kept).await, 2);
    // What was moved aside is rotated with the rest, and goes into the next backup.
    run(&place, "keys status --check").await.expect(0);
    fs::remove_dir_all(place.path().join("backups")).unwrap();
    run(&place, "backup backups --verify").await.expect(0);
    run(&place, &format!("restore {} --replace", named(&place))).await.expect(0);
    assert_eq!(place.number(kept).await, 6);
}

#[tokio::test]
async fn companies_that_are_missing_are_named_before_anything_is_touched() {
    let place = imported().await;
    backed_up(&place).await;
    let other = elsewhere(&place).await;
    other.sql("ALTER TABLE channel_connections DROP CONSTRAINT IF EXISTS channel_connections_company_id_fkey; DELETE FROM channel_connections; DELETE FROM companies WHERE id IN (3, 5)").await;
    let name = named(&other);
    let refused =
        other.command(&format!("restore {name}")).known(place.database.name(), "[database]");
    assert_snapshot!("restore_companies", refused.env("TRUNKLINE_KEYS", KEY).run().await.expect(6));
    assert_eq!(
        other.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'trunkline'").await,
        0
    );
    other.sql("INSERT INTO companies (id, name, slug) VALUES (3, 'Three', 'three'), (5, 'Five', 'five')").await;
    let dry = run(&other, &format!("restore {name} --dry-run")).await.expect(0);
    assert!(dry.stdout.contains("Nothing was written"), "{dry}");
    let keyless = other.run(&format!("restore {name} --dry-run --format json")).await.expect(0);
    assert_eq!(keyless.json()["missing_keys"], serde_json::json!(["e2aa328c"]));
    assert_eq!(
        other.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'trunkline'").await,
        0
    );
    run(&other, &format!("restore {name}")).await.expect(0);
    assert_eq!(other.number(FACTS).await, place.number(FACTS).await);
}

#[tokio::test]
async fn an_altered_backup_is_refused() {
    let place = imported().await;
    let folder = backed_up(&place).await;
    let other = elsewhere(&place).await;
    let copied = other.path().join(named(&place));
    let line = format!("restore {}", named(&place));
    let archive = copied.join("trunkline.dump");
    let whole = fs::read(&archive).unwrap();

    fs::write(&archive, &whole[..whole.len() - 100]).unwrap();
    let refused = run(&other, &line).await.expect(1);
    assert!(
        refused.stderr.contains("trunkline.dump cannot be trusted: it is truncated"),
        "{refused}"
    );

    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    fs::write(&archive, &altered).unwrap();
    let refused = run(&other, &line).await.expect(1);
    assert!(refused.stderr.contains("its checksum is not the one that was written"), "{refused}");
    fs::write(&archive, &whole).unwrap();

    let manifest = copied.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("e2aa328c", "e2aa328d")).unwrap();
    let refused = run(&other, &line).await.expect(1);
    assert!(refused.stderr.contains("manifest.json cannot be trusted"), "{refused}");
    fs::write(&manifest, &text).unwrap();

    // A manifest that speaks of other rows, its sums made to fit: the comparison finds it and nothing lasts.
    let other_rows = text.replacen("\"rows\": 20", "\"rows\": 21", 1);
    let other_rows = if other_rows == text {
        text.replacen("\"rows\": 0", "\"rows\": 1", 1)
    } else {
        other_rows
    };
    fs::write(&manifest, &other_rows).unwrap();
    let sums = std::process::Command::new("sha256sum")
        .args(["manifest.json", "partner.dump", "trunkline.dump"])
        .current_dir(&copied)
        .output()
        .unwrap();
    fs::write(copied.join("SHA256SUMS"), sums.stdout).unwrap();
    let refused = run(&other, &line).await.expect(3);
    assert!(refused.stderr.contains("everything was rolled back"), "{refused}");
    assert_eq!(
        other.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'trunkline'").await,
        0
    );
    let refused = run(&other, &format!("{line} --scratch")).await.expect(3);
    assert!(refused.stderr.contains("is not what was backed up"), "{refused}");
    drop(folder);
}

#[tokio::test]
async fn what_is_no_backup_is_said() {
    let place = imported().await;
    backed_up(&place).await;
    let nothing = run(&place, "restore nowhere").await.expect(2);
    assert!(nothing.stderr.contains("nowhere is no backup"), "{nothing}");
    let parent = run(&place, "restore backups").await.expect(2);
    assert!(parent.stderr.contains(&format!("trunkline restore {}", named(&place))), "{parent}");
    let by_file = run(&place, &format!("restore {}/partner.dump", named(&place))).await.expect(6);
    assert!(by_file.stderr.contains("what it makes is there already"), "{by_file}");
    let empty = Place::empty().await;
    let nothing = run(&empty, "backup backups").await.expect(1);
    assert!(nothing.stderr.contains("there is nothing to back up"), "{nothing}");
    assert!(!empty.path().join("backups").exists());
}

#[tokio::test]
async fn the_whole_database_goes_into_an_empty_one() {
    let place = imported().await;
    run(&place, "backup backups --whole-database --verify").await.expect(0);
    let other = Place::empty().await;
    copy(&place.path().join("backups"), &other.path().join("backups"));
    let name = named(&other);
    run(&other, &format!("restore {name}")).await.expect(0);
    assert_eq!(other.number(FACTS).await, place.number(FACTS).await);
    let connections = "SELECT count(*) FROM channel_connections";
    assert_eq!(other.number(connections).await, place.number(connections).await);
    run(&other, "import verify").await.expect(0);
    let again = run(&other, &format!("restore {name} --replace")).await.expect(6);
    assert!(again.stderr.contains("CREATE DATABASE"), "{again}");
}

#[tokio::test]
async fn what_is_written_meanwhile_is_in_the_backup_or_not_at_all() {
    let place = imported().await;
    // A table in partitions, as tables of much traffic are.
    place
        .sql(
            "CREATE TABLE trunkline.parted (id BIGINT NOT NULL, at DATE NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE trunkline.parted_2025 PARTITION OF trunkline.parted FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            CREATE TABLE trunkline.parted_rest PARTITION OF trunkline.parted DEFAULT;
            INSERT INTO trunkline.parted SELECT n, DATE '2025-12-01' + n FROM generate_series(1, 60) AS n",
        )
        .await;
    let url = place.database.url();
    let writer = tokio::spawn(async move {
        let client = trunkline_migrate::Target::parse(&url).unwrap().client().await.unwrap();
        for number in 0.. {
            // Two rows in one transaction, in the two archives.
            let sql = format!(
                "BEGIN; INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'w{number}');
                INSERT INTO trunkline.twilio_clients (company_id, account_sid) VALUES (1, 'w{number}'); COMMIT"
            );
            if client.batch_execute(&sql).await.is_err() {
                break;
            }
        }
    });
    place
        .wait_for_rows("SELECT count(*) FROM trunkline.twilio_clients WHERE account_sid LIKE 'w%'")
        .await;
    run(&place, "backup backups").await.expect(0);
    writer.abort();
    let other = elsewhere(&place).await;
    run(&other, &format!("restore {}", named(&other))).await.expect(0);
    let torn = "SELECT count(*) FROM dialog_360_clients AS one
        FULL JOIN trunkline.twilio_clients AS two ON two.account_sid = one.client_id
        WHERE (client_id LIKE 'w%' OR account_sid LIKE 'w%') AND (one.id IS NULL OR two.id IS NULL)";
    assert_eq!(other.number(torn).await, 0);
    let partitions = "SELECT count(DISTINCT tableoid) * 100 + count(*) FROM trunkline.parted";
    assert_eq!(other.number(partitions).await, 260);
    assert!(
        other.number("SELECT count(*) FROM dialog_360_clients WHERE client_id LIKE 'w%'").await > 0
    );
}

#[tokio::test]
async fn rights_that_are_missing_are_said_with_their_grant() {
    let place = imported().await;
    let reader = place.login("GRANT SELECT ON partner_configurations TO trunkline_reader").await;
    let refused = place.command("backup backups").env("DATABASE_URL", &reader).run().await;
    let refused = refused.expect(6);
    for grant in [
        "GRANT SELECT ON \"public\".\"dialog_360_channels\" TO \"trunkline_reader\";",
        "GRANT SELECT ON SEQUENCE \"public\".\"dialog_360_channels_id_seq\" TO \"trunkline_reader\";",
        "GRANT USAGE ON SCHEMA \"trunkline\" TO \"trunkline_reader\"; GRANT SELECT ON ALL TABLES IN SCHEMA",
        "GRANT SELECT ON ALL SEQUENCES IN SCHEMA \"trunkline\" TO \"trunkline_reader\";",
    ] {
        assert!(refused.stderr.contains(grant), "{refused}");
    }
    let verified =
        place.command("backup backups --verify").env("DATABASE_URL", &reader).run().await;
    let verified = verified.expect(6);
    assert!(verified.stderr.contains("ALTER ROLE trunkline_reader CREATEDB"), "{verified}");
    assert!(!place.path().join("backups").exists());
    backed_up(&place).await;
    let other = elsewhere(&place).await;
    let reader = other.login("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let line = format!("restore {}", named(&other));
    let refused = other.command(&line).env("DATABASE_URL", &reader).run().await.expect(6);
    assert!(
        refused.stderr.contains("GRANT CREATE ON SCHEMA \"public\" TO \"trunkline_reader\";"),
        "{refused}"
    );
    assert!(refused.stderr.contains("GRANT CREATE ON DATABASE"), "{refused}");
    let line = format!("restore {} --scratch", named(&other));
    let refused = other.command(&line).env("DATABASE_URL", &reader).run().await.expect(6);
    assert!(refused.stderr.contains("CREATEDB"), "{refused}");
}

#[tokio::test]
async fn a_busy_table_and_ctrl_c_leave_nothing_behind() {
    let place = imported().await;
    let busy = place.database.connect().await.unwrap();
    busy.batch_execute("BEGIN; LOCK TABLE dialog_360_clients IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let refused = run(&place, "backup backups --lock-timeout 200ms").await.expect(4);
    assert!(refused.stderr.contains("try again"), "{refused}");
    let waiting = place.command("backup backups").spawn();
    place.wait_for_statement("LOCK TABLE ONLY").await;
    waiting.interrupt();
    let stopped = waiting.end().await.expect(130);
    assert!(stopped.stderr.contains("no backup was made"), "{stopped}");
    busy.batch_execute("ROLLBACK").await.unwrap();
    assert!(!place.path().join("backups").exists());

    backed_up(&place).await;
    let other = elsewhere(&place).await;
    let busy = other.database.connect().await.unwrap();
    busy.batch_execute("BEGIN; LOCK TABLE companies IN ACCESS SHARE MODE; UPDATE companies SET name = name WHERE id = 1").await.unwrap();
    let line = format!("restore {}", named(&other));
    let refused = run(&other, &format!("{line} --lock-timeout 200ms")).await.expect(4);
    assert!(refused.stderr.contains("a table is in use"), "{refused}");
    let waiting = other.command(&format!("{line} --lock-timeout 60s")).spawn();
    other.wait_for_statement("ADD CONSTRAINT").await;
    waiting.interrupt();
    let stopped = waiting.end().await.expect(130);
    assert!(stopped.stderr.contains("everything was rolled back"), "{stopped}");
    busy.batch_execute("ROLLBACK").await.unwrap();
    let ours = "SELECT count(*) FROM pg_namespace WHERE nspname = 'trunkline'";
    assert_eq!(other.number(ours).await, 0);
    run(&other, &line).await.expect(0);
}

#[tokio::test]
async fn what_is_committed_while_a_backup_waits_for_its_tables_is_in_it() {
    let place = imported().await;
    let clients = place.number("SELECT count(*) FROM dialog_360_clients").await;
    let busy = place.database.connect().await.unwrap();
    // A table that is written anew has no rows for a snapshot of before.
    busy.batch_execute("BEGIN; ALTER TABLE dialog_360_clients ALTER client_name TYPE TEXT USING client_name || '!'")
        .await
        .unwrap();
    let waiting = place.command("backup backups").spawn();
    place.wait_for_statement("LOCK TABLE ONLY").await;
    busy.batch_execute("COMMIT").await.unwrap();
    waiting.end().await.expect(0);
    let other = elsewhere(&place).await;
    run(&other, &format!("restore {}", named(&other))).await.expect(0);
    let changed = "SELECT count(*) FROM dialog_360_clients WHERE client_name LIKE '%!'";
    assert_eq!(other.number(changed).await, clients);
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_under_the_final_name() {
    let place = imported().await;
    // A limit on the size of files stands for a disk that is full; its signal is ignored, so that writing fails.
    let socket = place.database.url();
    let binary = env!("CARGO_BIN_EXE_trunkline");
    let output = tokio::process::Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; ulimit -f 8; exec {binary} backup backups")])
        .current_dir(place.path())
        .env("DATABASE_URL", socket)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert_eq!(fs::read_dir(place.path().join("backups")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_killed_backup_leaves_no_backup_behind() {
    let place = imported().await;
    place.sql("INSERT INTO dialog_360_clients (company_id, client_id, client_name) SELECT 1, 'many' || n, repeat(md5(n::TEXT), 8) FROM generate_series(1, 200000) AS n").await;
    let running = place.command("backup backups").spawn();
    let backups = place.path().join("backups");
    let size = |path: &Path| fs::metadata(path.join("partner.dump")).map_or(0, |file| file.len());
    let partial = loop {
        let entry = fs::read_dir(&backups)
            .into_iter()
            .flatten()
            .flatten()
            .map(|it| it.path())
            .find(|path| size(path) > 0);
        if let Some(partial) = entry {
            break partial;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    running.signal(rustix::process::Signal::KILL);
    drop(running);
    assert!(partial.file_name().unwrap().to_string_lossy().contains(".partial-"), "{partial:?}");
    let refused = run(&place, "restore backups").await.expect(2);
    assert!(refused.stderr.contains("is no backup"), "{refused}");
    run(&place, "backup backups").await.expect(0);
}

#[tokio::test]
async fn up_makes_a_backup_before_the_first_change_and_none_otherwise() {
    let place = Place::platform().await;
    let up = run(&place, "migrate up --to 012 --backup backups").await.expect(0);
    assert!(up.stdout.contains("There is nothing to back up yet"), "{up}");
    assert!(!place.path().join("backups").exists());
    let up = run(&place, "migrate up --backup backups --format json").await.expect(0).json();
    assert_eq!(up["backup"], named(&place));
    let text = fs::read_to_string(folder(&place).join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = manifest["migrations"].as_array().unwrap();
    assert_eq!(names.last().unwrap()["name"], "012-describe-partner-tables");
    let up = run(&place, "migrate up --backup backups").await.expect(0);
    assert!(up.stdout.contains("Nothing to do"), "{up}");
    folder(&place);

    // After a bad migration: back to what was, with the ledger as it was.
    run(&place, &format!("restore {} --replace", named(&place))).await.expect(0);
    let status = run(&place, "migrate status --format json").await.expect(0).json();
    let pending = status["migrations"].as_array().unwrap().iter();
    assert!(pending.filter(|it| it["state"] == "pending").count() > 5);
    run(&place, "migrate up").await.expect(0);
    run(&place, "migrate verify").await.expect(0);
}

#[tokio::test]
async fn a_folder_of_ones_own_is_backed_up_whole() {
    let place = Place::platform().await;
    place.write("migrations/1-more.sql", "CREATE TABLE more (id INTEGER PRIMARY KEY);");
    run(&place, "migrate --source migrations up --backup backups").await.expect(0);
    let text = fs::read_to_string(folder(&place).join("manifest.json")).unwrap();
    assert!(text.contains("\"whole_database\"") && text.contains("channel_connections"), "{text}");
}

#[tokio::test]
async fn an_old_install_goes_back_to_what_it_was() {
    let place = Place::empty().await;
    place.sql(include_str!("../../../trunkline-store/tests/fixtures/old-install-full.sql")).await;
    let made = run(&place, "migrate up --backup backups").await.expect(0);
    assert!(made.stdout.contains("11 secrets in it are plaintext"), "{made}");
    let is_new = "SELECT count(*) FROM information_schema.columns
        WHERE table_name = 'dialog_360_channels' AND column_name = 'provider_status'";
    let ours = "SELECT count(*) FROM pg_namespace WHERE nspname = 'trunkline'";
    assert_eq!([place.number(is_new).await, place.number(ours).await], [1, 1]);
    run(&place, &format!("restore {} --replace", named(&place))).await.expect(0);
    let is_new = &format!("{is_new} AND table_schema = 'public'");
    assert_eq!([place.number(is_new).await, place.number(ours).await], [0, 0]);
    run(&place, "migrate up").await.expect(0);
    run(&place, "migrate verify").await.expect(0);
}
