//! Files and folders that cannot be migrations, and new ones.

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

/// `up` on a folder with this one file.
async fn up(file: &str, content: &[u8]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    let set = directory.path().join("set");
    std::fs::create_dir(&set).unwrap();
    std::fs::write(set.join(file), content).unwrap();
    // Nothing listens there: what is wrong with a file is found before anyone connects.
    let line = "--database-url postgres://u@127.0.0.1:1/d migrate --source set up";
    Run::new(directory.path(), line).run().await
}

#[tokio::test]
async fn a_file_that_is_no_migration_is_refused_by_name_and_place() {
    assert_snapshot!("not_utf8", up("001-a.sql", b"SELECT 1;\n-- caf\xe9\n").await.expect(1));
    let utf16 = up("001-a.sql", b"\xff\xfeS\0E\0L\0E\0C\0T\0 \x001\0").await.expect(1);
    assert_snapshot!("utf16", utf16);
    assert_snapshot!("orphan_down", up("001-a.down.sql", b"SELECT 1;").await.expect(1));
    assert_snapshot!(
        "directive",
        up("001-a.sql", b"-- trunkline: no-transactoin\nSELECT 1;").await
    );
}

#[tokio::test]
async fn a_file_without_a_statement_is_refused_before_the_others_run() {
    let place = Place::empty().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id integer);");
    place.write("set/002-empty.sql", "");
    assert_snapshot!("empty", place.run("migrate --source set up").await.expect(1));
    place.write("set/002-empty.sql", "-- nothing yet\n");
    assert_snapshot!("only_comments", place.run("migrate --source set up").await.expect(1));
    place.write("set/002-empty.sql", "SELECT 'it;\n");
    assert_snapshot!("not_closed", place.run("migrate --source set up").await.expect(1));
    place.write("set/002-empty.sql", "SELECT 1;\nCOMMIT;\n");
    assert_snapshot!("commits", place.run("migrate --source set up").await.expect(1));
    assert_eq!(place.number("SELECT count(to_regclass('a'))").await, 0);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let place = Place::empty().await;
    assert_snapshot!("no_folder", place.run("migrate --source nowhere up").await.expect(1));
}

#[tokio::test]
async fn new_writes_both_files_with_the_next_number() {
    let directory = tempfile::tempdir().unwrap();
    let run = async |line: &str| Run::new(directory.path(), line).run().await;
    std::fs::write(directory.path().join("0041-a.sql"), "SELECT 1;").unwrap();
    assert_snapshot!("new", run("migrate --source . new 'Add the Plan'").await.expect(0));
    let up = std::fs::read_to_string(directory.path().join("0042-add-the-plan.sql")).unwrap();
    assert_snapshot!("new_file", up);
    assert_snapshot!("new_json", run("migrate --source . --format json new again").await.expect(0));
    assert_snapshot!("new_without_name", run("migrate --source . new ///").await.expect(1));
    assert_snapshot!("new_without_folder", run("migrate new again").await.expect(2));
}
