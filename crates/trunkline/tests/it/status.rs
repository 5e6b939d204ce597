use insta::assert_snapshot;

use crate::place::Place;

fn write_set(place: &Place) {
    place.write("set/001-a.sql", "CREATE TABLE a (\n    id integer\n);\n");
    place.write("set/001-a.down.sql", "DROP TABLE IF EXISTS a;\n");
    place.write("set/003-c.sql", "CREATE TABLE c (id integer);\n");
}

#[tokio::test]
async fn before_and_after_up() {
    let place = Place::platform().await;
    assert_snapshot!("pending", place.run("migrate status").await.expect(0));
    assert_snapshot!("pending_check", place.run("migrate status --check").await.expect(3));
    place.run("migrate up").await.expect(0);
    assert_snapshot!("applied", place.run("migrate status --check").await.expect(0));
}

#[tokio::test]
async fn a_changed_file_is_shown_with_its_difference() {
    let place = Place::empty().await;
    write_set(&place);
    place.run("migrate --source set up").await.expect(0);
    place.write("set/001-a.sql", "CREATE TABLE a (\n    id bigint\n);\n");
    assert_snapshot!("changed", place.run("migrate --source set status --check").await.expect(3));
    let json = place.run("migrate --source set status --format json").await.expect(0);
    assert_snapshot!("changed_json", json);
}

#[tokio::test]
async fn a_file_that_came_late_and_one_that_is_gone() {
    let place = Place::empty().await;
    write_set(&place);
    place.run("migrate --source set up").await.expect(0);
    place.write("set/002-b.sql", "CREATE TABLE b (id integer);\n");
    assert_snapshot!("out_of_order", place.run("migrate --source set status").await.expect(0));
    std::fs::remove_file(place.path().join("set/003-c.sql")).unwrap();
    assert_snapshot!("missing", place.run("migrate --source set status --check").await.expect(3));
}

#[tokio::test]
async fn a_migration_that_stopped_half_way_goes_on_where_it_failed() {
    let place = Place::empty().await;
    place.sql("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)").await;
    let sql = "-- trunkline: no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_unique ON t (a);
";
    place.write("set/001-indexes.sql", sql);
    assert_snapshot!("half_way_failed", place.run("migrate --source set up").await.expect(1));
    assert_snapshot!("half_way", place.run("migrate --source set status --check").await.expect(3));
    let json = place.run("migrate --source set status --format json").await.expect(0);
    assert_snapshot!("half_way_json", json);
    place.sql("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)").await;
    assert_snapshot!("half_way_resumed", place.run("migrate --source set up").await.expect(0));
    place.run("migrate --source set status --check").await.expect(0);
    assert_snapshot!("half_way_history", place.run("migrate --source set history").await.expect(0));
}

#[tokio::test]
async fn a_login_that_may_only_read_sees_it() {
    let place = Place::migrated().await;
    let reader = place.login("").await;
    let run = async || place.command("migrate status").env("DATABASE_URL", &reader).run().await;
    assert_snapshot!("reader_without_rights", run().await.expect(1));
    place
        .sql(
            "GRANT USAGE ON SCHEMA trunkline TO trunkline_reader; \
             GRANT SELECT ON ALL TABLES IN SCHEMA trunkline TO trunkline_reader",
        )
        .await;
    assert_snapshot!("reader_without_platform", run().await.expect(0));
    place.sql("GRANT SELECT ON public.migrations TO trunkline_reader").await;
    assert_snapshot!("reader", run().await.expect(0));
}
