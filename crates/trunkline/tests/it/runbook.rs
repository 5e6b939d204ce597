//! `docs/backups.md`: every command of the runbook, run as it stands there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::place::Place;

const RUNBOOK: &str = include_str!("../../../../docs/backups.md");
const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// What is no command of ours; the test does the like itself.
const OTHERS: [&str; 3] =
    ["systemctl stop trunkline", "systemctl start trunkline", "createdb platform"];

/// The lines of each block of commands under a heading.
fn blocks(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = RUNBOOK.split_once(&format!("\n## {heading}\n")).expect(heading);
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```").skip(1).step_by(2);
    blocks.map(|block| block.strip_prefix("sh\n").unwrap().lines().collect()).collect()
}

/// Runs a block in a place, whose newest backup is the one that it speaks of.
async fn follow(place: &Place, block: &[&str]) {
    for line in block {
        let Some(line) = line.strip_prefix("trunkline ") else {
            assert!(OTHERS.contains(line), "{line}");
            continue;
        };
        let newest = newest(&place.path().join("backups"));
        let line = line
            .replace("platform-20260131_030000", &newest.unwrap_or_default())
            .replace("/var/backups/trunkline", "backups");
        place.run(&line).await.expect(0);
    }
}

fn newest(backups: &Path) -> Option<String> {
    let entries = fs::read_dir(backups).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.file_name())))
        .max()
        .map(|(_, name)| name.into_string().unwrap())
}

fn give_keys(place: &Place) {
    place.write("trunkline.toml", "keys_file = 'keys'\n");
    place.write("keys", KEY);
    fs::set_permissions(place.path().join("keys"), Permissions::from_mode(0o600)).unwrap();
}

/// Takes the newest backup of a place along to another.
fn carry(from: &Place, to: &Place) {
    give_keys(to);
    let newest = newest(&from.path().join("backups")).unwrap();
    let (from, to) =
        (from.path().join("backups").join(&newest), to.path().join("backups").join(&newest));
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn every_command_of_the_runbook_does_what_it_says() {
    let place = Place::platform().await;
    give_keys(&place);
    place.run("migrate up --to 018").await.expect(0);
    for block in blocks("Before a migration") {
        follow(&place, &block).await;
    }
    let count = fs::read_dir(place.path().join("backups")).unwrap().count();
    assert_eq!(count, 2, "before the first change, and the whole database");
    place.run("import run").await;
    let connections = "SELECT count(*) FROM trunkline.import_sources";
    let imported = place.number(connections).await;
    assert!(imported > 0);

    // Names have seconds: the next backup must be the newest.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    for block in blocks("Every night, and is it any good?") {
        follow(&place, &block).await;
    }
    let bad = blocks("After a bad migration");
    follow(&place, &bad[0]).await;
    follow(&place, &bad[1]).await;
    assert_eq!(place.number(connections).await, imported);

    let lost = blocks("Loss of the database");
    let other = Place::platform().await;
    carry(&place, &other);
    follow(&other, &lost[0]).await;
    assert_eq!(other.number(connections).await, imported);
    place.run("backup backups --whole-database").await.expect(0);
    let empty = Place::empty().await;
    carry(&place, &empty);
    follow(&empty, &lost[1]).await;
    assert_eq!(empty.number(connections).await, imported);

    for block in blocks("Loss of the key") {
        follow(&other, &block).await;
    }
    assert_eq!((bad.len(), lost.len()), (2, 2), "every block is followed");
    let sections = [
        "Before a migration",
        "Every night, and is it any good?",
        "After a bad migration",
        "Loss of the database",
        "Loss of the key",
    ];
    let followed: usize = sections.into_iter().map(|heading| blocks(heading).len()).sum();
    assert_eq!(RUNBOOK.matches("```sh").count(), followed);
}
