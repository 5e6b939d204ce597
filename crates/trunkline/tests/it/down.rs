use insta::assert_snapshot;

use crate::place::Place;

/// The Partner API tables, with rows in three of the five.
async fn with_rows() -> Place {
    let place = Place::migrated().await;
    let sql = "INSERT INTO dialog_360_clients (company_id, client_id) \
                   SELECT id, 'client-' || id FROM companies ORDER BY id LIMIT 3; \
               INSERT INTO dialog_360_channels (client_id, channel_id, phone_number) \
                   SELECT id, 'channel-' || id, '+4930550100' || id FROM dialog_360_clients; \
               INSERT INTO meta_whatsapp_clients (company_id, business_account_id) \
                   SELECT min(id), '100000000000001' FROM companies;";
    place.sql(sql).await;
    place
}

#[tokio::test]
async fn rows_go_to_an_archive_and_come_back() {
    let place = with_rows().await;
    let down = place.run("migrate down").await.expect(0);
    assert_snapshot!("archived", down);
    let archive = down.archive();
    assert_snapshot!("listed", place.run("migrate restore").await.expect(0));
    assert_snapshot!("listed_json", place.run("migrate restore --format json").await.expect(0));
    assert_snapshot!("restored", place.run(&format!("migrate restore {archive}")).await.expect(0));
    assert_eq!(place.number("SELECT count(*) FROM dialog_360_channels").await, 3);
    place.run("migrate verify").await.expect(0);
    let twice = place.run(&format!("migrate restore {archive}")).await.expect(1);
    assert_snapshot!("restored_twice", twice);
    assert_snapshot!("listed_after", place.run("migrate restore").await.expect(0));
}

#[tokio::test]
async fn an_archive_comes_back_over_what_was_applied_again() {
    let place = with_rows().await;
    let archive = place.run("migrate down").await.expect(0).archive();
    place.run("migrate up").await.expect(0);
    place.run("migrate verify").await.expect(0);
    place.run(&format!("migrate restore {archive}")).await.expect(0);
    assert_eq!(place.number("SELECT count(*) FROM dialog_360_channels").await, 3);
    assert_snapshot!("verified", place.run("migrate verify").await.expect(0));
    place.run("migrate status --check").await.expect(0);
}

#[tokio::test]
async fn json_tells_of_the_archive() {
    let place = with_rows().await;
    let down = place.run("migrate down --format json").await.expect(0);
    assert_snapshot!("archived_json", down);
    let archive = down.json()["archives"][0]["name"].as_str().unwrap().to_owned();
    let line = format!("migrate restore --format json {archive}");
    let restored = place.run(&line).await.expect(0);
    assert_eq!(restored.json()["archive"]["name"], archive);
    assert_snapshot!("restored_json", restored);
}

#[tokio::test]
async fn where_nothing_is_to_be_reverted_the_reason_is_told() {
    let place = Place::migrated().await;
    let status = place.run("migrate status --format json").await.expect(0).json();
    let last =
        status["migrations"].as_array().unwrap().last().unwrap()["migration"].as_str().unwrap();
    let said = place.run(&format!("migrate down --to {last}")).await.expect(0).to_string();
    assert_snapshot!("nothing_after", said.replace(last, "[last]"));
    assert_snapshot!("no_steps", place.run("migrate down --steps 0").await.expect(2));
    place.run("migrate status --check").await.expect(0);
}

#[tokio::test]
async fn an_archive_that_is_not_there_is_named() {
    let place = Place::migrated().await;
    assert_snapshot!("no_archive", place.run("migrate restore").await.expect(0));
    assert_snapshot!(
        "unknown_archive",
        place.run("migrate restore 20200101_000000").await.expect(1)
    );
}

#[tokio::test]
async fn nothing_applied_is_nothing_to_revert() {
    let place = Place::platform().await;
    assert_snapshot!("nothing_to_revert", place.run("migrate down").await.expect(0));
}

#[tokio::test]
async fn only_what_is_asked_for_is_reverted() {
    let place = Place::migrated().await;
    assert_snapshot!("steps", place.run("migrate down --steps 2").await.expect(0));
    assert_snapshot!("down_to", place.run("migrate down --to 008").await.expect(0));
    place.run("migrate status --check").await.expect(3);
}

#[tokio::test]
async fn destroying_rows_needs_a_terminal_or_yes() {
    let place = with_rows().await;
    assert_snapshot!("not_asked", place.run("migrate down --drop-data").await.expect(2));
    assert_eq!(place.number("SELECT count(*) FROM dialog_360_clients").await, 3);
    assert_snapshot!("dropped", place.run("migrate down --drop-data --yes").await.expect(0));
    assert_snapshot!("no_archive_after_drop", place.run("migrate restore").await.expect(0));
}

#[tokio::test]
async fn on_a_terminal_the_database_s_name_must_be_typed() {
    let place = with_rows().await;
    let run = || place.command("migrate down --drop-data");
    assert_snapshot!("wrong_name_typed", run().on_terminal("prod\n").await.expect(2));
    assert_eq!(place.number("SELECT count(*) FROM dialog_360_clients").await, 3);
    let name = format!("{}\n", place.database.name());
    run().on_terminal(&name).await.expect(0);
    assert_eq!(place.number("SELECT count(to_regclass('dialog_360_clients'))").await, 0);
}

#[tokio::test]
async fn a_missing_down_file_stops_it_before_anything_is_touched() {
    let place = Place::empty().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id integer);");
    place.write("set/002-b.sql", "CREATE TABLE b (id integer);");
    place.write("set/002-b.down.sql", "DROP TABLE IF EXISTS b;");
    place.run("migrate --source set up").await.expect(0);
    assert_snapshot!("missing_down", place.run("migrate --source set down").await.expect(1));
    assert_eq!(place.number("SELECT count(to_regclass('b'))").await, 1);
}

#[tokio::test]
async fn values_that_cannot_be_archived_are_not_destroyed() {
    let place = Place::empty().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id integer);");
    place.write("set/001-a.down.sql", "DROP TABLE IF EXISTS a;");
    place.write("set/002-note.sql", "ALTER TABLE a ADD COLUMN IF NOT EXISTS note text;");
    place.write("set/002-note.down.sql", "ALTER TABLE a DROP COLUMN IF EXISTS note;");
    place.run("migrate --source set up").await.expect(0);
    place.sql("INSERT INTO a VALUES (1, 'kept')").await;
    let down = place.run("migrate --source set down --steps 1").await.expect(1);
    assert_snapshot!("would_destroy", down);
    place.run("migrate --source set down --steps 1 --drop-data --yes").await.expect(0);
}

#[tokio::test]
async fn the_archive_of_a_part_says_how_to_make_room_and_needs_what_it_builds_on() {
    let place = Place::platform().await;
    place.run("migrate up").await.expect(0);
    let client = "INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'aCL')";
    place.sql(client).await;
    let archived = async || {
        let archives = place.run("migrate restore --format json").await.expect(0).json();
        archives["archives"][0]["name"].as_str().unwrap().to_owned()
    };
    place.run("migrate down --to 018-secret-keys").await.expect(0);
    let part = archived().await;
    place.run("migrate up").await.expect(0);
    let refused = place.run(&format!("migrate restore {part}")).await.expect(1);
    assert!(refused.stderr.contains("migrate down --to 018-secret-keys"), "{refused}");

    // Reverting all of it, which nobody said, is no way: the archive is of tables that build on others.
    place.run("migrate down").await.expect(0);
    let refused = place.run(&format!("migrate restore {part}")).await.expect(1);
    assert!(refused.stderr.contains("trunkline migrate up --to 018-secret-keys"), "{refused}");
    place.run("migrate up --to 018-secret-keys").await.expect(0);
    let restored = place.run(&format!("migrate restore {part}")).await.expect(0);
    assert!(restored.stdout.contains("list_channel"), "what was dropped is named: {restored}");
}
