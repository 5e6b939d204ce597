//! What `up` refuses, and what PostgreSQL refuses of a migration.

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::Place;

#[tokio::test]
async fn a_database_that_is_not_the_platform_s_is_not_touched() {
    let place = Place::empty().await;
    assert_snapshot!("no_companies", place.run("migrate up").await.expect(6));
    assert_snapshot!("no_companies_json", place.run("migrate up --format json").await.expect(6));
    let plan = place.run("migrate plan").await.expect(0);
    let why = "up would be refused: the table public.companies does not exist";
    assert!(plan.stdout.contains(why), "{plan}");
    place.sql("CREATE TABLE companies (id text, name text)").await;
    assert_snapshot!("wrong_key", place.run("migrate up").await.expect(6));
    place.sql("DROP TABLE companies; CREATE TABLE companies (id integer, name text)").await;
    assert_snapshot!("no_key", place.run("migrate up").await.expect(6));
    assert_eq!(place.number("SELECT count(to_regnamespace('trunkline'))").await, 0);
}

#[tokio::test]
async fn a_login_without_rights_is_told_what_to_grant() {
    let place = Place::platform().await;
    let login = place.login("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let refused = place.command("migrate up").env("DATABASE_URL", login).run().await.expect(6);
    assert_snapshot!("no_create", refused);
}

#[tokio::test]
async fn a_read_only_server_is_recognised() {
    let place = Place::platform().await;
    let name = place.database.name();
    place.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    assert_snapshot!("read_only", place.run("migrate up").await.expect(6));
}

#[tokio::test]
async fn a_database_ahead_of_the_set_ends_with_status_5() {
    let place = Place::empty().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id integer);");
    place.write("set/002-b.sql", "CREATE TABLE b (id integer);");
    place.write("set/002-b.down.sql", "DROP TABLE IF EXISTS b;");
    place.run("migrate --source set up").await.expect(0);
    std::fs::remove_file(place.path().join("set/002-b.sql")).unwrap();
    std::fs::remove_file(place.path().join("set/002-b.down.sql")).unwrap();
    assert_snapshot!("ahead", place.run("migrate --source set up").await.expect(5));
    assert_snapshot!(
        "ahead_down",
        place.run("migrate --source set down --steps 1").await.expect(0)
    );
    place.run("migrate --source set status --check").await.expect(0);
}

/// `up` of one migration on the sample platform.
async fn up(sql: &str) -> Outcome {
    let place = Place::platform().await;
    place.write("set/001-first.sql", "CREATE TABLE first (id integer);");
    place.write("set/002-second.sql", sql);
    place.run("migrate --source set up").await
}

#[tokio::test]
async fn a_syntax_error_is_shown_with_its_line() {
    let sql = "-- Why: plans.\nCREATE TABLE plans (id integer);\n\nALTER TABLE plans\n    AD COLUMN name text;\n";
    assert_snapshot!("syntax_error", up(sql).await.expect(1));
}

#[tokio::test]
async fn a_misspelled_name_gets_a_suggestion() {
    let table = up("ALTER TABLE compnaies ADD COLUMN plan text;").await.expect(1);
    assert_snapshot!("misspelled_table", table);
    let column = up("UPDATE companies SET nmae = 'x';").await.expect(1);
    assert_snapshot!("misspelled_column", column);
}

#[tokio::test]
async fn what_postgresql_adds_is_shown() {
    let sql = "INSERT INTO first VALUES (1), (1);\nCREATE UNIQUE INDEX first_id ON first (id);\n";
    assert_snapshot!("duplicate", up(sql).await.expect(1));
    assert_snapshot!("exists", up("CREATE TABLE companies (id integer);").await.expect(1));
    let sql = "DO $$\nBEGIN\n    PERFORM 1 / 0;\nEND $$;\n";
    assert_snapshot!("inside_a_block", up(sql).await.expect(1));
}

#[tokio::test]
async fn concurrently_inside_a_transaction_gets_the_directive_to_write() {
    let sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS companies_name ON companies (name);";
    assert_snapshot!("concurrently", up(sql).await.expect(1));
}

#[tokio::test]
async fn all_in_one_transaction_leaves_nothing_or_is_refused() {
    let place = Place::platform().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id integer);");
    place.write("set/002-b.sql", "SELECT 1 / 0;");
    assert_snapshot!(
        "atomic_failed",
        place.run("migrate --source set up --atomic").await.expect(1)
    );
    assert_eq!(place.number("SELECT count(to_regclass('a'))").await, 0);
    place.write("set/002-b.sql", "-- trunkline: no-transaction\nVACUUM companies;");
    assert_snapshot!("not_atomic", place.run("migrate --source set up --atomic").await.expect(2));
}
