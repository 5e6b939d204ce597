//! `import …`: a platform of forty companies with every variant and flaw, taken over, compared, linked and taken back.

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CHANNELS: &str = "SELECT (SELECT count(*) FROM dialog_360_channels) \
    + (SELECT count(*) FROM meta_whatsapp_phone_numbers) + (SELECT count(*) FROM trunkline.twilio_senders)";
const CLIENTS: &str = "SELECT (SELECT count(*) FROM dialog_360_clients) \
    + (SELECT count(*) FROM meta_whatsapp_clients) + (SELECT count(*) FROM trunkline.twilio_clients)";

/// A migrated platform, and keys; two of its rows contend.
async fn platform() -> Place {
    let lines = &["database sample --companies 40", "migrate up"];
    let place = Place::template("import", lines).await;
    let twins = "UPDATE channel_connections
        SET channel_type = 'whatsapp_360dialog', account_id = 'twinCH', connection_data = jsonb_build_object(
            'clientId', 'c' || id || 'CL', 'channelId', 'twinCH', 'apiKey', 'fake-key-1')
        WHERE id IN (5, 40)";
    place.sql(twins).await;
    place
}

/// A command line with the key, which must tell no token.
async fn run(place: &Place, line: &str) -> Outcome {
    let outcome = place.command(line).env("TRUNKLINE_KEYS", KEY).run().await;
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains("fake-") && !text.contains("tlk1."), "{outcome}");
    }
    outcome
}

/// All of `channel_connections`, as one number that any change changes.
async fn source(place: &Place) -> i64 {
    let query = "SELECT hashtextextended(string_agg(source::TEXT, '' ORDER BY id), 0) FROM channel_connections AS source";
    place.number(query).await
}

#[tokio::test]
async fn every_command_explains_itself() {
    for command in ["", " plan", " run", " link", " unlink", " verify", " undo"] {
        let line = format!("import{command} --help");
        let help = Run::new(Path::new("/tmp"), &line).run().await.expect(0);
        assert_snapshot!(format!("help import{command}").replace(' ', "_"), help);
    }
}

#[tokio::test]
async fn a_platform_is_taken_over_once() {
    let place = platform().await;
    let before = source(&place).await;
    assert_snapshot!("import_plan", run(&place, "import plan").await.expect(0));
    assert_eq!(place.number(CHANNELS).await, 0, "a plan writes nothing");
    run(&place, "import plan --check").await.expect(3);
    run(&place, "import verify").await.expect(3);

    assert_snapshot!("import_run", run(&place, "import run").await.expect(3));
    assert_eq!(source(&place).await, before, "nothing of the platform's is changed");
    assert_snapshot!("import_verify", run(&place, "import verify").await.expect(0));
    let channels = place.number(CHANNELS).await;
    let again = run(&place, "import run --format json").await.expect(3).json();
    assert_eq!([&again["created"], &again["updated"]], [0, 0]);
    assert_eq!(again["already_there"], channels);
    assert_eq!(place.number(CHANNELS).await, channels);

    let open =
        "SELECT count(*) FROM meta_whatsapp_phone_numbers WHERE access_token NOT LIKE 'tlk1.%'";
    assert_eq!(place.number(open).await, 0);
}

#[tokio::test]
async fn programs_read_the_same() {
    let place = platform().await;
    let json = run(&place, "import plan --format json").await.expect(0).json();
    let rows = place.number("SELECT count(*) FROM channel_connections").await;
    let total = &json["total"];
    let kinds = ["create", "update", "already_there", "conflict", "skipped"];
    let sum: i64 = kinds.iter().map(|kind| total[kind].as_i64().unwrap()).sum();
    assert_eq!(sum, rows, "every row is one of them: {total}");
    let skipped = json["skipped_types"].as_object().unwrap().values();
    assert_eq!(total["skipped"], skipped.map(|rows| rows.as_i64().unwrap()).sum::<i64>());
    assert_snapshot!(
        "import_plan_csv",
        run(&place, "import plan --company 3 --format csv").await.expect(0)
    );
    let refused = run(&place, "import run --format csv").await.expect(2);
    assert!(refused.stderr.contains("no CSV"), "{refused}");
}

#[tokio::test]
async fn rows_that_contend_are_left_out_or_the_newest_wins() {
    let place = platform().await;
    assert_snapshot!("import_run_fail", run(&place, "import run --conflict fail").await.expect(1));
    assert_eq!(place.number(CHANNELS).await, 0);
    run(&place, "import run").await.expect(3);
    let twins = "SELECT count(*) FROM dialog_360_channels WHERE channel_id = 'twinCH'";
    assert_eq!(place.number(twins).await, 0, "whose it is is not known");
    place.sql("UPDATE channel_connections SET updated_at = now() WHERE id = 5").await;
    run(&place, "import run --conflict newest").await.expect(3);
    let owner = "SELECT count(*) FROM dialog_360_channels AS channel \
                 JOIN dialog_360_clients AS client ON client.id = channel.client_id \
                 WHERE channel_id = 'twinCH' AND client.client_id = 'c5CL'";
    assert_eq!(place.number(owner).await, 1);
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn what_was_decided_in_the_admin_interface_is_honoured() {
    let place = platform().await;
    let before = run(&place, "import plan --format json").await.expect(0).json();
    place
        .sql(
            "INSERT INTO trunkline.import_decisions (source, source_row, conflict, choice, decided_by, decided_at) \
             SELECT 'platform', id, CASE WHEN id = 5 THEN 'number_in_two_companies' ELSE 'phone_number_as_id' END, \
             CASE WHEN id = 5 THEN 'take' ELSE 'leave_out' END, 'ada@example.com', now() FROM channel_connections",
        )
        .await;
    let plan = run(&place, "import plan --format json").await.expect(0).json();
    let missing = before["conflicts"].as_array().unwrap().iter();
    let missing = missing.filter(|line| line["conflict"] == "phone_number_as_id").count();
    assert!(missing > 0, "{before}");
    assert_eq!(plan["total"]["left_out"], missing);
    let done = run(&place, "import run --format json").await.expect(3).json();
    assert_eq!(done["left_out"], missing);
    let owner = "SELECT count(*) FROM dialog_360_channels AS channel \
                 JOIN dialog_360_clients AS client ON client.id = channel.client_id \
                 WHERE channel_id = 'twinCH' AND client.client_id = 'c5CL'";
    assert_eq!(place.number(owner).await, 1);
    let rows = run(&place, "import plan --rows --format csv").await.expect(0);
    let again = run(&place, "import plan --format json").await.expect(0).json();
    let conflicts = again["conflicts"].as_array().unwrap().len();
    assert_eq!(rows.stdout.lines().count(), conflicts + 1, "{rows}");
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn what_the_platform_changes_is_brought_along() {
    let place = platform().await;
    run(&place, "import run").await.expect(3);
    let meta = "(SELECT source_row FROM trunkline.import_sources WHERE provider = 'meta' AND secret_fingerprint IS NOT NULL \
                ORDER BY source_row LIMIT 1)";
    place
        .sql(&format!(
            "UPDATE channel_connections SET account_name = 'Renamed', access_token = 'fake-new', \
             connection_data = (connection_data - 'accessToken') - 'access_token' WHERE id = {meta}"
        ))
        .await;
    let verified = run(&place, "import verify --format json").await.expect(3).json();
    assert_eq!(verified["differences"][0]["finding"], "source_changed");
    let done = run(&place, "import run --format json").await.expect(3).json();
    assert_eq!([&done["created"], &done["updated"]], [0, 1]);
    run(&place, "import verify").await.expect(0);
    let renamed = "SELECT count(*) FROM meta_whatsapp_phone_numbers WHERE display_name = 'Renamed'";
    assert_eq!(place.number(renamed).await, 1);

    place.sql("UPDATE meta_whatsapp_phone_numbers SET display_name = 'Ours' WHERE display_name = 'Renamed'").await;
    place
        .sql(&format!("UPDATE channel_connections SET account_name = 'Theirs' WHERE id = {meta}"))
        .await;
    let done = run(&place, "import run --format json").await.expect(3).json();
    let conflicts = done["conflicts"].as_array().unwrap();
    assert!(conflicts.iter().any(|line| line["conflict"] == "changed_here"), "{done}");
}

#[tokio::test]
async fn links_come_and_go_without_a_trace() {
    let place = platform().await;
    run(&place, "import run").await.expect(3);
    let odd = "UPDATE channel_connections SET connection_data = to_jsonb(connection_data::TEXT)
        WHERE id = (SELECT min(source_row) FROM trunkline.import_sources);
        UPDATE channel_connections SET connection_data = connection_data || '{\"trunkline\": \"theirs\"}'
        WHERE id = (SELECT max(source_row) FROM trunkline.import_sources)";
    place.sql(odd).await;
    let before = source(&place).await;
    let linked = run(&place, "import link").await;
    assert_snapshot!("import_link", linked.expect(3));
    let query = "SELECT count(*) FROM channel_connections AS source JOIN trunkline.import_sources AS record \
                 ON record.source_row = source.id \
                 WHERE (connection_data->'trunkline'->>'channel')::INTEGER = record.channel_row";
    assert_eq!(place.number(query).await, place.number(CHANNELS).await - 2);
    let plan = run(&place, "import plan --format json").await.expect(0).json();
    assert_eq!(
        [&plan["total"]["create"], &plan["total"]["update"]],
        [0, 0],
        "a link changes no row"
    );
    run(&place, "import unlink").await.expect(3);
    assert_eq!(source(&place).await, before);
}

#[tokio::test]
async fn a_link_to_a_channel_that_was_made_anew_is_mended_and_taken_out() {
    let place = platform().await;
    let before = source(&place).await;
    run(&place, "import run").await.expect(3);
    run(&place, "import link").await.expect(0);
    place.sql("DELETE FROM meta_whatsapp_phone_numbers").await;
    let made = run(&place, "import run --format json").await.expect(3).json();
    let linked = run(&place, "import link --format json").await.expect(0).json();
    assert!(made["created"].as_i64() > Some(0), "{made}");
    assert_eq!(linked["linked"], made["created"]);
    place.sql("DELETE FROM meta_whatsapp_phone_numbers").await;
    run(&place, "import run").await.expect(3);
    run(&place, "import unlink").await.expect(0);
    assert_eq!(source(&place).await, before);
}

#[tokio::test]
async fn an_import_is_taken_back_but_for_what_was_changed() {
    let place = platform().await;
    let before = source(&place).await;
    run(&place, "import run").await.expect(3);
    run(&place, "import link").await.expect(0);
    let refused = run(&place, "import undo").await.expect(2);
    assert!(refused.stderr.contains("--yes"), "{refused}");
    place.sql("UPDATE dialog_360_channels SET display_name = 'Ours' WHERE id = (SELECT min(id) FROM dialog_360_channels)").await;
    let undone = run(&place, "import undo --yes --format json").await.expect(3).json();
    assert_eq!(undone["kept"].as_array().unwrap().len(), 1, "{undone}");
    assert_eq!(undone["kept"][0]["reason"], "channel_changed");
    assert_eq!([place.number(CHANNELS).await, place.number(CLIENTS).await], [1, 1]);
    place.sql("UPDATE dialog_360_channels SET display_name = NULL").await;
    place.sql("DELETE FROM dialog_360_channels").await;
    run(&place, "import unlink").await.expect(0);
    run(&place, "import undo --yes").await.expect(0);
    assert_eq!([place.number(CHANNELS).await, place.number(CLIENTS).await], [0, 0]);
    assert_eq!(place.number("SELECT count(*) FROM trunkline.import_sources").await, 0);
    assert_eq!(source(&place).await, before);
}

#[tokio::test]
async fn two_runs_at_once_make_an_import_that_can_be_taken_back() {
    let place = platform().await;
    // Both have read what is there before either writes.
    let platform = place.database.connect().await.unwrap();
    platform.batch_execute("BEGIN; SELECT FROM companies FOR UPDATE").await.unwrap();
    let spawn = || place.command("import run").env("TRUNKLINE_KEYS", KEY).spawn();
    let runs = [spawn(), spawn()];
    let both = "SELECT (count(*) = 2)::INTEGER::BIGINT FROM pg_stat_activity WHERE datname = current_database() \
                AND wait_event_type = 'Lock' AND query LIKE '%new (company, key, name%'";
    place.wait_for_rows(both).await;
    platform.batch_execute("ROLLBACK").await.unwrap();
    for running in runs {
        running.end().await.expect(3);
    }
    run(&place, "import verify").await.expect(0);
    assert!(place.number(CHANNELS).await > 20);
    run(&place, "import undo --yes").await.expect(0);
    assert_eq!([place.number(CHANNELS).await, place.number(CLIENTS).await], [0, 0]);
    let nothing = run(&place, "import undo --yes --run 999").await.expect(0);
    assert!(nothing.stdout.contains("Nothing to undo"), "{nothing}");
}

#[tokio::test]
async fn a_row_that_names_another_channel_now_is_taken_back_and_imported_again() {
    let place = platform().await;
    run(&place, "import run").await.expect(3);
    let all = place.number(CHANNELS).await;
    let row = place
        .number("SELECT min(source_row) FROM trunkline.import_sources WHERE provider = '360dialog'")
        .await;
    let moved = format!(
        "UPDATE channel_connections SET account_id = 'movedCH',
            connection_data = connection_data || '{{\"channelId\": \"movedCH\"}}' WHERE id = {row}"
    );
    place.sql(&moved).await;
    let plan = run(&place, "import plan").await.expect(0);
    assert!(plan.stdout.contains("source_moved"), "{plan}");
    run(&place, &format!("import undo --yes --row {row}")).await.expect(0);
    assert_eq!(place.number(CHANNELS).await, all - 1);
    run(&place, "import run").await.expect(3);
    let made = "SELECT count(*) FROM dialog_360_channels WHERE channel_id = 'movedCH'";
    assert_eq!([place.number(made).await, place.number(CHANNELS).await], [1, all]);
}

#[tokio::test]
async fn an_import_goes_on_where_it_was_and_waits_for_locks() {
    let place = platform().await;
    let part = run(&place, "import run --limit 7 --format json").await.expect(3).json();
    assert_eq!([&part["created"], &part["limited"]], [&7.into(), &serde_json::Value::Bool(true)]);
    assert_eq!(place.number(CHANNELS).await, 7);
    let company = run(&place, "import run --company 3 --format json").await;
    assert_eq!(company.json()["updated"], 0);

    // Deleting a company locks it; the batch waits, and goes through when that is given up.
    let platform = place.database.connect().await.unwrap();
    platform.batch_execute("BEGIN; SELECT FROM companies WHERE id = 9 FOR UPDATE").await.unwrap();
    let running = place.command("import run --format json").env("TRUNKLINE_KEYS", KEY).spawn();
    place.wait_for_statement("new (company, key, name").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    platform.batch_execute("ROLLBACK").await.unwrap();
    running.end().await.expect(3);
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn ctrl_c_ends_a_run_that_waits_for_a_lock() {
    let place = platform().await;
    let platform = place.database.connect().await.unwrap();
    platform.batch_execute("BEGIN; SELECT FROM companies FOR UPDATE").await.unwrap();
    let running = place.command("import run").env("TRUNKLINE_KEYS", KEY).spawn();
    place.wait_for_statement("new (company, key, name").await;
    running.interrupt();
    let ended = tokio::time::timeout(Duration::from_secs(15), running.end()).await;
    let ended = ended.expect("it waits for one lock and no longer").expect(130);
    assert!(ended.stderr.contains("the same command goes on"), "{ended}");
    assert_eq!(place.number(CHANNELS).await, 0);
    platform.batch_execute("ROLLBACK").await.unwrap();
    run(&place, "import run").await.expect(3);
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn a_key_that_goes_out_of_use_changes_no_row() {
    let place = platform().await;
    run(&place, "import run").await.expect(3);
    let new = "tlkey1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
    let both = format!("{new},{KEY}");
    place.command("keys rotate").env("TRUNKLINE_KEYS", &both).run().await.expect(0);
    place.sql("UPDATE meta_whatsapp_phone_numbers SET display_name = 'Ours'").await;
    let plan = place.command("import plan --format json").env("TRUNKLINE_KEYS", new).run().await;
    let plan = plan.expect(0).json();
    assert_eq!([&plan["total"]["create"], &plan["total"]["update"]], [0, 0]);
    let before = run(&place, "import plan --format json").await.expect(0).json();
    assert_eq!(plan["total"]["conflict"], before["total"]["conflict"]);
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_said_where_less_is_compared() {
    let place = Place::migrated().await;
    let plan = place.command("import plan").env("TRUNKLINE_KEYS", "fake").run().await.expect(0);
    assert!(plan.stdout.contains("tokens were changed: "), "{plan}");
}

#[tokio::test]
async fn a_killed_run_is_finished_by_the_next() {
    let place = platform().await;
    // Twelve thousand further numbers: three batches, the last of which is of a company that is held.
    place
        .sql(
            "INSERT INTO companies (id, name, slug) VALUES (4000, 'Held', 'held');
             INSERT INTO channel_connections (user_id, company_id, channel_type, account_id, account_name, connection_data) \
             SELECT 2, company, 'whatsapp_360dialog', 'many' || n, 'Many', jsonb_build_object('clientId', 'many' || company, \
             'channelId', 'many' || n, 'apiKey', 'fake-' || n) FROM (SELECT n, CASE WHEN n > 11000 THEN 4000 ELSE 1 + n % 40 END \
             AS company FROM generate_series(1, 12000) AS n) AS numbered",
        )
        .await;
    let platform = place.database.connect().await.unwrap();
    let hold = "BEGIN; SELECT FROM companies WHERE id = 4000 FOR UPDATE";
    platform.batch_execute(hold).await.unwrap();
    let mut running = place.command("import run").env("TRUNKLINE_KEYS", KEY).spawn();
    drop(running.stderr());
    place.wait_for_rows("SELECT (count(*) > 1000)::INTEGER::BIGINT FROM dialog_360_channels").await;
    place.wait_for_statement("new (company, key, name").await;
    running.signal(rustix::process::Signal::KILL);
    drop(running);
    platform.batch_execute("ROLLBACK").await.unwrap();
    let half = "SELECT count(*) FROM trunkline.import_runs WHERE ended_at IS NULL AND created = 0";
    assert_eq!(place.number(half).await, 1, "the run did not come to its end");
    let done = place.number(CHANNELS).await;
    assert!(done > 1_000);
    let rest = run(&place, "import run --format json").await.expect(3).json();
    let all = place.number(CHANNELS).await;
    assert_eq!(rest["created"], all - done, "{rest}");
    assert!(all - done >= 1_000, "{all} of which {done} before the kill");
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let place = Place::empty().await;
    assert_snapshot!("import_no_platform", run(&place, "import plan").await.expect(1));
    let place = Place::platform().await;
    assert_snapshot!("import_not_migrated", run(&place, "import plan").await.expect(1));
    let place = Place::migrated().await;
    assert_snapshot!("import_no_keys", place.run("import run").await.expect(1));
    place.run("import plan").await.expect(0);
}
