use insta::assert_snapshot;

use crate::place::Place;

#[tokio::test]
async fn the_partner_tables_lock_companies_for_a_moment_only() {
    let place = Place::platform().await;
    assert_snapshot!("embedded", place.run("migrate plan").await.expect(0));
    place.run("migrate plan --check").await.expect(3);
    place.run("migrate up").await.expect(0);
    assert_snapshot!("nothing", place.run("migrate plan --check").await.expect(0));
}

#[tokio::test]
async fn rewrites_scans_and_losses_are_named() {
    let place = Place::platform().await;
    let sql = "ALTER TABLE companies ALTER COLUMN id TYPE bigint;
CREATE INDEX companies_name ON companies (name);
ALTER TABLE users ADD CONSTRAINT users_positive CHECK (id > 0);
";
    place.write("set/001-heavy.sql", sql);
    place.write("set/002-plain.sql", "CREATE TABLE IF NOT EXISTS plain (id bigint);");
    place.write("set/002-plain.down.sql", "DROP TABLE IF EXISTS plain;");
    assert_snapshot!("heavy", place.run("migrate --source set plan").await.expect(0));
    assert_snapshot!("one_json", place.run("migrate --source set --format json plan 001").await);
    assert_eq!(place.number("SELECT count(to_regclass('plain'))").await, 0);
}
