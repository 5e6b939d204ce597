use insta::assert_snapshot;

use crate::place::Place;

const OLD_INSTALL: &str =
    include_str!("../../../trunkline-store/tests/fixtures/old-install-full.sql");

#[tokio::test]
async fn a_platform_gets_the_partner_tables_once() {
    let place = Place::platform().await;
    assert_snapshot!("fresh", place.run("migrate up").await.expect(0));
    assert_snapshot!("nothing_to_do", place.run("migrate up").await.expect(0));
}

#[tokio::test]
async fn json_says_what_was_applied() {
    let place = Place::platform().await;
    assert_snapshot!("fresh_json", place.run("migrate up --format json").await.expect(0));
    let again = place.run("migrate up --format json").await.expect(0);
    assert_eq!(again.json()["applied"], serde_json::json!([]));
    assert_snapshot!("nothing_to_do_json", again);
}

#[tokio::test]
async fn an_old_install_is_brought_to_the_new_shape_and_told_how() {
    let place = Place::empty().await;
    place.sql(OLD_INSTALL).await;
    assert_snapshot!("old_install", place.run("migrate up").await.expect(0));
    place.run("migrate verify").await.expect(0);
}

#[tokio::test]
async fn only_what_is_asked_for_is_applied() {
    let place = Place::platform().await;
    assert_snapshot!("to", place.run("migrate up --to 008").await.expect(0));
    assert_snapshot!("named", place.run("migrate up 009-meta-whatsapp").await.expect(0));
    assert_snapshot!("named_again", place.run("migrate up 009").await.expect(0));
    assert_snapshot!("atomic", place.run("migrate up --to 018 --atomic").await.expect(0));
}

#[tokio::test]
async fn a_name_that_is_not_clear_ends_with_status_2() {
    let place = Place::platform().await;
    assert_snapshot!("ambiguous", place.run("migrate up 01").await.expect(2));
    assert_snapshot!("misspelled", place.run("migrate up 007-partner-configuration").await);
    let misspelled = place.run("migrate up 007-patrner-configurations").await.expect(2);
    assert_snapshot!("did_you_mean", misspelled);
    assert_snapshot!("escaping", place.run("migrate up ../../etc/passwd").await.expect(2));
}

#[tokio::test]
async fn what_postgresql_says_stands_under_its_migration() {
    let place = Place::empty().await;
    let sql = "DO $$ BEGIN
    RAISE NOTICE 'three rows were mended';
    RAISE WARNING 'one row was left' USING DETAIL = 'It has no company.', HINT = 'Delete it.';
END $$;
SELECT pg_sleep(1.05);
";
    place.write("set/001-talks.sql", sql);
    place.write("set/002-silent.sql", "CREATE TABLE silent (id integer PRIMARY KEY);");
    assert_snapshot!("notices", place.run("migrate --source set up").await.expect(0));
}

#[tokio::test]
async fn json_keeps_what_happens_meanwhile_off_standard_output() {
    let place = Place::empty().await;
    place.write("set/001-talks.sql", "DO $$ BEGIN RAISE NOTICE 'hello'; END $$;");
    let outcome = place.run("migrate --source set --format json up").await.expect(0);
    assert_eq!(outcome.json()["applied"][0]["migration"], "001-talks");
    assert_snapshot!("notices_json", outcome);
}

#[tokio::test]
async fn what_the_platform_s_runner_applied_is_recorded_and_not_run() {
    let place = Place::platform().await;
    place.write("set/001-theirs.sql", "SELECT 1 / 0;");
    place.write("set/002-ours.sql", "CREATE TABLE ours (id integer PRIMARY KEY);");
    place
        .sql("INSERT INTO public.migrations (filename, success) VALUES ('001-theirs.sql', true)")
        .await;
    assert_snapshot!("platform_before", place.run("migrate --source set status").await.expect(0));
    assert_snapshot!("platform_up", place.run("migrate --source set up").await.expect(0));
    place.sql("INSERT INTO public.migrations (filename, success) VALUES ('003-c.sql', true)").await;
    place.write("set/003-c.sql", "SELECT 1 / 0;");
    let all_applied = place.run("migrate --source set status --check").await.expect(0);
    assert_snapshot!("platform_applied_all", all_applied);
    std::fs::remove_file(place.path().join("set/003-c.sql")).unwrap();
    assert_snapshot!("platform_after", place.run("migrate --source set status").await.expect(0));
    let told = "SELECT count(*) FROM public.migrations WHERE filename = '002-ours.sql' AND success";
    assert_eq!(place.number(told).await, 1);
}

#[tokio::test]
async fn a_placeholder_is_filled_from_the_environment_or_refused() {
    let place = Place::empty().await;
    place.write(
        "set/001-owner.sql",
        "CREATE TABLE t (id integer);\nCOMMENT ON TABLE t IS '${WHO}';",
    );
    place.write("set/000-first.sql", "CREATE TABLE first (id integer);");
    let line = "migrate --source set --substitute up";
    assert_snapshot!("placeholder_missing", place.run(line).await.expect(1));
    assert_eq!(place.number("SELECT count(to_regclass('first'))").await, 0);
    place.command(line).env("WHO", "me").run().await.expect(0);
}
