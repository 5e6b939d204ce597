//! When files are read: up files while the connection is made, down files where they are needed.

use std::sync::Arc;

use trunkline_migrate::source::{Reading, Source, SourceError};
use trunkline_migrate::{Error, Migrator, Options, Silent, Target, UpRequest};

use crate::support::{
    applied, assert_nothing_left, count, empty, exists, folder, migrator, source, up,
};

const NOT_UTF8: &[u8] = b"DROP TABLE a; -- \xe9";

#[tokio::test]
async fn a_down_file_is_looked_into_only_while_its_migration_is_pending() {
    let database = empty().await;
    let folder = folder(&[("1-a.sql", "CREATE TABLE a (id int);")]);
    let down = folder.path().join("1-a.down.sql");
    std::fs::write(&down, NOT_UTF8).unwrap();
    let set = || Source::directory(folder.path()).unwrap();
    let refused = up(&migrator(&database, set())).await.unwrap_err();
    assert!(matches!(refused, Error::Source(SourceError::NotUtf8 { .. })), "{refused:?}");
    let client = database.connect().await.unwrap();
    assert!(!exists(&client, "public.a").await);

    std::fs::write(&down, "DROP TABLE a;").unwrap();
    assert_eq!(applied(&up(&migrator(&database, set())).await.unwrap()), ["1-a"]);
    std::fs::write(&down, NOT_UTF8).unwrap();
    assert!(up(&migrator(&database, set())).await.unwrap().applied.is_empty());
    assert_nothing_left(&database).await;
}

#[test]
fn a_large_folder_is_read_whole_and_in_order() {
    let names: Vec<String> = (1..=301).map(|number| format!("{number}-x")).collect();
    let folder = tempfile::tempdir().unwrap();
    for name in &names {
        let path = folder.path().join(format!("{name}.sql"));
        std::fs::write(path, format!("SELECT '{name}';")).unwrap();
        std::fs::write(folder.path().join(format!("{name}.down.sql")), "SELECT 1;").unwrap();
    }
    let set = Source::directory(folder.path()).unwrap();
    let found: Vec<&str> = set.migrations().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(found, names);
    for migration in set.migrations() {
        assert_eq!(migration.up.text, format!("SELECT '{}';", migration.name));
        assert_eq!(migration.down().unwrap().unwrap().text, "SELECT 1;");
    }
    std::fs::write(folder.path().join("300-x.sql"), NOT_UTF8).unwrap();
    assert!(matches!(Source::directory(folder.path()), Err(SourceError::NotUtf8 { .. })));
}

#[test]
fn a_file_of_any_size_and_any_plain_name_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("SELECT '{}';\n", "x".repeat(300_000));
    let files =
        [("1-long.sql", long.as_str()), ("2-a.sql.sql", "SELECT 2;"), ("2-a.sql", "SELECT 1;")];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::write(folder.path().join(".sql"), NOT_UTF8).unwrap();
    let set = Source::directory(folder.path()).unwrap();
    let found: Vec<(&str, &str)> =
        set.migrations().iter().map(|it| (it.name.as_str(), it.up.text.as_str())).collect();
    let expected = [("1-long", long.as_str()), ("2-a", "SELECT 1;"), ("2-a.sql", "SELECT 2;")];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_wrong_with_a_set_that_is_being_read_is_said_before_anything_else() {
    let reading = Reading::begin(|| Source::directory("/no/such/folder"));
    let nowhere = Target::parse("postgres://nobody@127.0.0.1:1/none?connect_timeout=1").unwrap();
    let migrator = Migrator::new(reading, nowhere, Options::default());
    // More than once: the error stays with the set.
    for _ in 0..2 {
        let refused = migrator.up(&UpRequest::default(), Arc::new(Silent)).await.unwrap_err();
        assert!(matches!(refused, Error::Source(SourceError::Folder { .. })), "{refused:?}");
        let refused = migrator.status().await.unwrap_err();
        assert!(matches!(refused, Error::Source(SourceError::Folder { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_failure_at_commit_ends_the_run_before_the_next_migration() {
    let database = empty().await;
    let migrator = migrator(
        &database,
        source(&[
            ("1-a.sql", "CREATE TABLE a (id int PRIMARY KEY);"),
            (
                "2-b.sql",
                "CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n\
                 INSERT INTO b VALUES (1);",
            ),
            ("3-c.sql", "CREATE TABLE c (id int);"),
        ]),
    );
    let failed = up(&migrator).await.unwrap_err();
    assert!(failed.to_string().contains("committing"), "{failed}");
    let client = database.connect().await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM trunkline.migrations").await, 1);
    assert!(!exists(&client, "public.b").await);
    assert!(!exists(&client, "public.c").await);
    client.batch_execute("INSERT INTO a VALUES (1)").await.unwrap();
    assert_eq!(applied(&up(&migrator).await.unwrap()), ["2-b", "3-c"]);
    assert_nothing_left(&database).await;
}
