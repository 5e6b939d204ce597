//! `keys …`: an old install encrypted, keys rotated, wrong keys refused, and nothing ever told.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use insta::assert_snapshot;
use tokio::process::Command;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

const OLD_INSTALL: &str =
    include_str!("../../../trunkline-store/tests/fixtures/old-install-full.sql");

/// Their ids are e2aa328c and c4a2529a.
const FIRST: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const SECOND: &str = "tlkey1___________________________________________8";

/// A migrated old install with eleven secrets in plaintext, and a configuration that names its keys.
async fn old_install() -> Place {
    let place = Place::empty().await;
    place.sql(OLD_INSTALL).await;
    place.run("migrate up").await.expect(0);
    place.write("trunkline.toml", "keys_file = 'keys'\n");
    place
}

/// Encrypted under the first key.
async fn encrypted() -> Place {
    let place = old_install().await;
    write_keys(&place, &[FIRST]);
    run(&place, "keys encrypt-existing").await.expect(0);
    place
}

fn write_keys(place: &Place, keys: &[&str]) {
    place.write("keys", keys.join("\n"));
    set_mode(&place.path().join("keys"), 0o600);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A command line, which must tell no secret and no key.
async fn run(place: &Place, line: &str) -> Outcome {
    silent(place.run(line).await)
}

/// Every secret of the old install begins with `fake-`.
#[track_caller]
fn silent(outcome: Outcome) -> Outcome {
    for text in [&outcome.stdout, &outcome.stderr] {
        let told = text.contains("fake-") || text.contains("tlk1.") || text.contains("AAECAw");
        assert!(!told && !text.contains("______"), "{outcome}");
    }
    outcome
}

#[tokio::test]
async fn every_command_explains_itself() {
    for command in ["", " generate", " status", " rotate", " encrypt-existing"] {
        let line = format!("keys{command} --help");
        let help = Run::new(Path::new("/tmp"), &line).run().await.expect(0);
        assert_snapshot!(format!("help keys{command}").replace([' ', '-'], "_"), help);
    }
}

#[tokio::test]
async fn an_old_install_is_encrypted_and_its_key_rotated() {
    let place = old_install().await;
    assert_snapshot!("no_keys_status", run(&place, "keys status --check").await.expect(3));
    assert_snapshot!("no_keys_rotate", run(&place, "keys rotate").await.expect(1));

    write_keys(&place, &[FIRST]);
    let dry = run(&place, "keys encrypt-existing --dry-run").await.expect(0);
    assert_snapshot!("encrypt_dry_run", dry);
    assert_snapshot!("encrypt", run(&place, "keys encrypt-existing").await.expect(0));
    assert_snapshot!("encrypt_again", run(&place, "keys encrypt-existing").await.expect(0));
    assert_snapshot!("encrypted", run(&place, "keys status --check").await.expect(0));

    write_keys(&place, &[SECOND, FIRST]);
    assert_snapshot!("before_rotate", run(&place, "keys status --check").await.expect(3));
    assert_snapshot!("rotate", run(&place, "keys rotate").await.expect(0));
    assert_snapshot!("rotate_again", run(&place, "keys rotate").await.expect(0));

    write_keys(&place, &[SECOND]);
    assert_snapshot!("after_rotate", run(&place, "keys status --check").await.expect(0));
}

#[tokio::test]
async fn programs_read_the_same() {
    let place = old_install().await;
    write_keys(&place, &[FIRST]);
    let json = run(&place, "keys encrypt-existing --format json").await.expect(0);
    assert_snapshot!("encrypt_json", json);
    write_keys(&place, &[SECOND, FIRST]);
    assert_snapshot!("status_json", run(&place, "keys status --format json").await.expect(0));
    assert_snapshot!("rotate_json", run(&place, "keys rotate --format json").await.expect(0));
}

#[tokio::test]
async fn the_wrong_key_is_refused_and_the_missing_one_named() {
    let place = encrypted().await;
    write_keys(&place, &[SECOND]);
    assert_snapshot!("wrong_key_rotate", run(&place, "keys rotate").await.expect(1));
    let json = run(&place, "keys encrypt-existing --format json").await.expect(1);
    assert_snapshot!("wrong_key_json", json);
    assert_snapshot!("wrong_key_status", run(&place, "keys status --check").await.expect(3));
}

#[tokio::test]
async fn a_key_that_a_process_worked_with_and_nothing_stands_under_is_named_and_forgotten() {
    let place = Place::migrated().await;
    place.write("trunkline.toml", "keys_file = 'keys'\n");
    write_keys(&place, &[SECOND]);
    run(&place, "keys rotate").await.expect(0);
    write_keys(&place, &[FIRST]);
    assert_snapshot!("unused_key", run(&place, "keys status --check").await.expect(3));
    let doctor = run(&place, "doctor").await.expect(1);
    assert!(doctor.stdout.contains("wrong keys: a process sealed"), "{doctor}");
    run(&place, "keys rotate").await.expect(0);
    run(&place, "keys status --check").await.expect(0);
}

#[tokio::test]
async fn what_was_moved_is_named_and_left() {
    let place = encrypted().await;
    let sql = "UPDATE dialog_360_channels AS stored SET api_key = other.api_key \
               FROM dialog_360_channels AS other WHERE stored.id = 3 AND other.id = 1; \
               UPDATE partner_configurations SET access_token = left(access_token, 30) WHERE id = 2";
    place.sql(sql).await;
    write_keys(&place, &[SECOND, FIRST]);
    assert_snapshot!("rotate_moved", run(&place, "keys rotate").await.expect(3));
    assert_snapshot!("status_malformed", run(&place, "keys status").await.expect(0));
    let json = run(&place, "keys rotate --format json").await.expect(3).json();
    assert_eq!(json["left"], 2);
    assert_eq!(json["unopened"][0]["row"], 3);
}

#[tokio::test]
async fn a_locked_row_is_not_waited_for() {
    let place = old_install().await;
    write_keys(&place, &[FIRST]);
    let client = place.database.connect().await.unwrap();
    client
        .batch_execute("BEGIN; SELECT FROM dialog_360_channels WHERE id = 1 FOR UPDATE")
        .await
        .unwrap();
    assert_snapshot!("encrypt_locked", run(&place, "keys encrypt-existing").await.expect(3));
    client.batch_execute("COMMIT").await.unwrap();
    run(&place, "keys encrypt-existing").await.expect(0);
}

#[tokio::test]
async fn a_rotation_that_was_killed_goes_on() {
    let place = old_install().await;
    place
        .sql(
            "INSERT INTO dialog_360_channels (client_id, channel_id, api_key) \
             SELECT 1, 'many' || n, 'fake-key-' || n FROM generate_series(1, 3000) AS n",
        )
        .await;
    write_keys(&place, &[FIRST]);
    run(&place, "keys encrypt-existing").await.expect(0);
    write_keys(&place, &[SECOND, FIRST]);

    let mut rotation = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["keys", "rotate", "--batch", "5"])
        .current_dir(place.path())
        .env("DATABASE_URL", place.database.url())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let count =
        "SELECT count(*) FROM dialog_360_channels WHERE starts_with(api_key, 'tlk1.c4a2529a.')";
    while place.number(count).await < 100 {
        assert!(rotation.try_wait().unwrap().is_none(), "it ended before it could be killed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rotation.start_kill().unwrap();
    assert!(!rotation.wait().await.unwrap().success());

    let status = run(&place, "keys status --format json").await.expect(0).json();
    let channels: Vec<_> = status["columns"].as_array().unwrap().iter().collect();
    let under = |state: &str| -> u64 {
        let lines = channels.iter().filter(|line| line["state"] == state);
        lines.map(|line| line["rows"].as_u64().unwrap()).sum()
    };
    assert!(under("older") > 0, "{status}");
    assert_eq!(under("older") + under("active"), 3011);

    let json = run(&place, "keys rotate --format json").await.expect(0).json();
    assert_eq!(json["re_encrypted"].as_u64().unwrap(), under("older"), "only the rest");
    assert_eq!(json["left"], 0);
    run(&place, "keys status --check").await.expect(0);
}

#[tokio::test]
async fn a_key_file_is_made_once_and_added_to() {
    let place = old_install().await;
    let keys = place.path().join("keys");
    let read = || fs::read_to_string(&keys).unwrap();
    let without_ids = |outcome: Outcome, text: &str| {
        let ids = text.lines().filter_map(|line| line.strip_prefix("# key "));
        ids.zip(["[newest]", "[other]", "[oldest]"]).fold(
            silent(outcome).to_string(),
            |shown, (id, word)| {
                assert_eq!(id.len(), 8);
                shown.replace(id, word)
            },
        )
    };
    let made = place.run("keys generate").await.expect(0);
    let first = read();
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_snapshot!("generate", without_ids(made, &first));
    assert_snapshot!("generate_again", run(&place, "keys generate").await.expect(1));
    assert_eq!(read(), first, "never overwritten");
    run(&place, "keys encrypt-existing").await.expect(0);

    let added = place.run("keys generate --add --format json").await.expect(0);
    let second = read();
    assert_snapshot!("generate_add_json", without_ids(added, &second));
    let key = first.split_at(first.find("# key").unwrap()).1;
    assert!(second.ends_with(key) && second.len() > first.len(), "{second}");
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o7777, 0o600);
    run(&place, "keys rotate").await.expect(0);
    run(&place, "keys status --check").await.expect(0);
    assert_snapshot!(
        "generate_add",
        without_ids(place.run("keys generate --add").await.expect(0), &read())
    );
}

#[tokio::test]
async fn a_key_file_that_others_may_read_is_refused() {
    let place = encrypted().await;
    set_mode(&place.path().join("keys"), 0o640);
    assert_snapshot!("open_file", run(&place, "keys status").await.expect(1));
    run(&place, "keys generate --add").await.expect(1);
    set_mode(&place.path().join("keys"), 0o400);
    run(&place, "keys status --check").await.expect(0);
}

#[tokio::test]
async fn keys_come_from_the_environment_or_a_command_as_well() {
    let place = encrypted().await;
    place.write("trunkline.toml", "");
    assert_snapshot!("nowhere", run(&place, "keys rotate").await.expect(1));
    assert_snapshot!("generate_nowhere", run(&place, "keys generate").await.expect(2));
    let check = || place.command("keys status --check");
    check().env("TRUNKLINE_KEYS", FIRST).run().await.expect(0);
    let both = format!("{FIRST},{SECOND}");
    let rotate = place.command("keys rotate").env("TRUNKLINE_KEYS", both).run().await;
    silent(rotate).expect(0);
    let generate = place.command("keys generate").env("TRUNKLINE_KEYS", FIRST).run().await;
    assert_snapshot!("generate_environment", silent(generate).expect(2));
    place.write("trunkline.toml", "keys_command = 'cat keys'");
    run(&place, "keys status --check").await.expect(0);
    place.write("trunkline.toml", "keys_command = 'echo asking >&2; exit 7'");
    assert_snapshot!("command_failed", run(&place, "keys status").await.expect(1));
    place.write("trunkline.toml", "keys_command = 'a'\nkeys_file = 'b'");
    assert_snapshot!("both_sources", run(&place, "keys status").await.expect(1));
}

#[tokio::test]
async fn what_is_no_key_is_refused_without_being_shown() {
    let place = encrypted().await;
    write_keys(&place, &["# ours", SECOND, &FIRST[..30]]);
    assert_snapshot!("not_a_key", run(&place, "keys status").await.expect(1));
    write_keys(&place, &["# none"]);
    assert_snapshot!("empty_ring", run(&place, "keys rotate").await.expect(1));
}

#[tokio::test]
async fn the_private_database_has_a_place_for_its_keys() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let generate = || Run::new(directory.path(), "keys generate").env("TRUNKLINE_DATA_DIR", &data);
    generate().run().await.expect(0);
    let mode = fs::metadata(data.join("keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    generate().run().await.expect(1);
}

#[tokio::test]
async fn tables_must_be_there() {
    let place = Place::empty().await;
    assert_snapshot!("not_migrated", run(&place, "keys status").await.expect(1));
}
