//! Others at work: another runner, a busy table, and someone who presses Ctrl-C.

use insta::assert_snapshot;

use crate::place::Place;

const SLEEPS: &str = "CREATE TABLE t (id integer);\nSELECT pg_sleep(60);\n";

#[tokio::test]
async fn a_second_runner_waits_and_says_for_whom() {
    let place = Place::empty().await;
    place.write("set/001-sleeps.sql", SLEEPS);
    let first = place.command("migrate --source set up").spawn();
    place.wait_for_statement("SELECT pg_sleep(60)").await;
    let second = place.run("migrate --source set --wait 1s up").await.expect(4);
    assert_snapshot!("another_runner", second);
    let json = place.run("migrate --source set --wait 10ms --format json up").await.expect(4);
    assert_eq!(json.json()["error"]["kind"], "locked");
    first.interrupt();
    first.end().await.expect(130);
}

#[tokio::test]
async fn ctrl_c_ends_the_statement_and_leaves_nothing() {
    let place = Place::empty().await;
    place.write("set/001-sleeps.sql", SLEEPS);
    let up = place.command("migrate --source set up").spawn();
    place.wait_for_statement("SELECT pg_sleep(60)").await;
    up.interrupt();
    assert_snapshot!("interrupted", up.end().await.expect(130));
    assert_eq!(place.number("SELECT count(to_regclass('t'))").await, 0);
    assert_snapshot!(
        "interrupted_status",
        place.run("migrate --source set status").await.expect(0)
    );
}

#[tokio::test]
async fn a_busy_table_is_given_up_and_its_holder_named() {
    let place = Place::platform().await;
    place.write("set/001-tariff.sql", "ALTER TABLE companies ADD COLUMN tariff text;");
    let holder = place.database.connect().await.unwrap();
    let lock = "SET application_name = 'nightly report'; BEGIN; LOCK TABLE companies IN SHARE MODE";
    holder.batch_execute(lock).await.unwrap();
    let line = "migrate --source set --lock-timeout 2s --lock-budget 1s up";
    assert_snapshot!("busy", place.run(line).await.expect(4));
    holder.batch_execute("ROLLBACK").await.unwrap();
    place.run(line).await.expect(0);
}

#[tokio::test]
async fn a_session_that_is_ended_in_the_middle_is_said_to_be_lost() {
    let place = Place::empty().await;
    place.write("set/001-sleeps.sql", SLEEPS);
    let up = place.command("migrate --source set up").spawn();
    place.wait_for_statement("SELECT pg_sleep(60)").await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(60)%'";
    place.sql(end).await;
    assert_snapshot!("connection_lost", up.end().await.expect(1));
}
