//! `history`, `repair` and `adopt`.

use insta::assert_snapshot;

use crate::place::Place;

async fn small_set() -> Place {
    let place = Place::empty().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id integer);\n");
    place.write("set/001-a.down.sql", "DROP TABLE IF EXISTS a;\n");
    place.write("set/002-b.sql", "CREATE TABLE b (id integer);\n");
    place
}

#[tokio::test]
async fn history_tells_who_did_what() {
    let place = small_set().await;
    assert_snapshot!("no_history", place.run("migrate --source set history").await.expect(0));
    place.run("migrate --source set up 001").await.expect(0);
    place.run("migrate --source set down").await.expect(0);
    place.write("set/002-b.sql", "CREATE TABLE b (id intejer);\n");
    place.run("migrate --source set up").await.expect(1);
    assert_snapshot!("history", place.run("migrate --source set history").await.expect(0));
    let one = place.run("migrate --source set --format json history 001-a --limit 2").await;
    assert_snapshot!("history_json", one.expect(0));
}

#[tokio::test]
async fn repair_accepts_a_changed_file_and_forgets_on_request() {
    let place = small_set().await;
    place.run("migrate --source set up").await.expect(0);
    assert_snapshot!("nothing_to_repair", place.run("migrate --source set repair").await.expect(0));
    place.write("set/001-a.sql", "CREATE TABLE IF NOT EXISTS a (id integer);\n");
    assert_snapshot!("up_refuses_changed", place.run("migrate --source set up").await.expect(1));
    let json = place.run("migrate --source set up --format json").await.expect(1);
    assert_eq!(json.json()["error"]["kind"], "changed");
    assert_snapshot!("repaired", place.run("migrate --source set repair").await.expect(0));
    place.run("migrate --source set status --check").await.expect(0);
    let json = place.run("migrate --source set --format json repair --forget 002-b").await;
    assert_snapshot!("forgotten_json", json.expect(0));
    place.run("migrate --source set status --check").await.expect(3);
    assert_snapshot!(
        "repair_unknown",
        place.run("migrate --source set repair nope").await.expect(2)
    );
}

#[tokio::test]
async fn adopt_records_what_is_there_and_refuses_what_is_not() {
    let place = small_set().await;
    place.sql("CREATE TABLE a (id integer)").await;
    assert_snapshot!("adopt_refused", place.run("migrate --source set adopt").await.expect(3));
    assert_snapshot!("adopted", place.run("migrate --source set adopt 001-a").await.expect(0));
    assert_snapshot!("adopted_status", place.run("migrate --source set status").await.expect(0));
    place.run("migrate --source set up").await.expect(0);
    assert_snapshot!("nothing_to_adopt", place.run("migrate --source set adopt").await.expect(0));
    let json = place.run("migrate --source set --format json adopt").await.expect(0);
    assert_snapshot!("nothing_to_adopt_json", json);
}
