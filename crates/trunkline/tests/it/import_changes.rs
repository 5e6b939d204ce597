//! `import …` of rows that change, move and contend while they are taken over and afterwards.

use std::time::Duration;

use crate::importing::{KEY, NUMBER, channels, conflicts, insert, platform, run};

#[tokio::test]
async fn ctrl_c_between_batches_ends_both_writers() {
    let place = platform(&[]).await;
    // All of one client, and so of one writer.
    let many = "INSERT INTO channel_connections (user_id, company_id, channel_type, account_id, account_name, connection_data)
        SELECT 2, 1, 'whatsapp_360dialog', 'many' || n, 'Many', jsonb_build_object('clientId', 'manyCL', 'channelId', 'many' || n,
            'apiKey', 'fake-' || n) FROM generate_series(1, 40000) AS n";
    place.sql(many).await;
    let running = place.command("import run").env("TRUNKLINE_KEYS", KEY).spawn();
    place.wait_for_rows("SELECT (count(*) > 1000)::INTEGER::BIGINT FROM dialog_360_channels").await;
    running.interrupt();
    let ended = tokio::time::timeout(Duration::from_secs(30), running.end()).await;
    let ended = ended.expect("it ends after the batches that are being written").expect(130);
    assert!(ended.stderr.contains("the same command goes on"), "{ended}");
    let done = channels(&place).await;
    assert!((5_000..40_000).contains(&done), "{done}");
    let rest = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(rest["created"], 40_000 - done);
}

#[tokio::test]
async fn ctrl_c_before_everything_is_taken_over_ends_following_as_interrupted() {
    let place = platform(&[(1, 1, "360dialog", "aCH", "aCL", "fake-1", NUMBER)]).await;
    let busy = place.database.connect().await.unwrap();
    busy.batch_execute("BEGIN; SELECT FROM companies FOR UPDATE").await.unwrap();
    let following = place.command("import run --follow").env("TRUNKLINE_KEYS", KEY).spawn();
    place.wait_for_statement("new (company, key, name").await;
    following.interrupt();
    following.end().await.expect(130);
}

#[tokio::test]
async fn a_row_that_goes_to_another_provider_is_taken_back_and_imported_there() {
    let place = platform(&[
        (1, 1, "360dialog", "aCH", "aCL", "fake-1", NUMBER),
        (2, 2, "official", "7002", "8002", "fake-2", "+4915112345679"),
    ])
    .await;
    // The same id in the other provider's table is another company's number.
    place.sql("ALTER TABLE meta_whatsapp_phone_numbers ALTER id RESTART WITH 1; ALTER TABLE dialog_360_channels ALTER id RESTART WITH 1").await;
    run(&place, "import run").await.expect(0);
    place
        .sql("UPDATE channel_connections SET channel_type = 'whatsapp_official', account_id = '7001',
            connection_data = connection_data || '{\"phoneNumberId\": \"7001\", \"wabaId\": \"8001\"}' WHERE id = 1")
        .await;
    assert_eq!(conflicts(&place).await, ["1 source_moved"]);
    let verified = run(&place, "import verify --format json").await.expect(3).json();
    assert_eq!(verified["differences"][0]["finding"], "source_changed", "{verified}");
    run(&place, "import undo --yes --row 1").await.expect(0);
    run(&place, "import run").await.expect(0);
    run(&place, "import verify").await.expect(0);
    let left = "SELECT (SELECT count(*) FROM dialog_360_channels) * 10 + (SELECT count(*) FROM meta_whatsapp_phone_numbers)";
    assert_eq!(place.number(left).await, 2);
}

#[tokio::test]
async fn of_two_rows_of_one_number_the_newest_writes_its_token_and_its_name() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run --conflict newest").await.expect(0);
    place.sql(&insert((2, 1, "official", "7001", "8001", "fake-2", NUMBER))).await;
    assert_eq!(conflicts(&place).await, ["2 duplicate_channel_id"], "nobody chose one");
    let named = async |name: &str| {
        let query = format!(
            "SELECT count(*) FROM meta_whatsapp_phone_numbers WHERE display_name = '{name}'"
        );
        place.number(&query).await
    };
    for (newest, created) in [(2, 0), (1, 0)] {
        place.sql(&format!("UPDATE channel_connections SET updated_at = now() + INTERVAL '1 s', account_name = 'Newest {newest}',
            connection_data = connection_data || '{{\"accessToken\": \"fake-newest-{newest}\"}}' WHERE id = {newest}")).await;
        let done = run(&place, "import run --conflict newest --format json").await.json();
        assert_eq!([&done["created"], &done["updated"]], [created, 1], "{done}");
        assert_eq!(named(&format!("Newest {newest}")).await, 1);
        let again = run(&place, "import run --conflict newest --format json").await.json();
        assert_eq!(again["updated"], 0, "{again}");
        place.sql("UPDATE channel_connections SET updated_at = updated_at - INTERVAL '1 h'").await;
    }
    // It is one channel all the time, which goes with the row that has it.
    let undone = run(&place, "import undo --yes --format json").await.expect(0).json();
    assert_eq!([&undone["channels"], &undone["clients"]], [1, 1], "{undone}");
    assert_eq!(place.number("SELECT count(*) FROM trunkline.import_sources").await, 0);
}

#[tokio::test]
async fn rows_that_come_after_the_survey_do_not_share_a_client_or_a_channel() {
    let place = platform(&[(1, 1, "360dialog", "aCH", "aCL", "fake-1", NUMBER)]).await;
    let hold = place.database.connect().await.unwrap();
    hold.batch_execute("BEGIN; LOCK TABLE trunkline.import_runs IN SHARE MODE").await.unwrap();
    let running = place.command("import run").env("TRUNKLINE_KEYS", KEY).spawn();
    place.wait_for_statement("INSERT INTO trunkline.import_runs").await;
    for late in [
        (2, 1, "official", "7002", "8002", "fake-2", "+4915112345002"),
        (3, 2, "official", "7003", "8002", "fake-3", "+4915112345003"),
        (4, 1, "360dialog", "bCH", "bCL", "fake-4", "+4915112345004"),
        (5, 1, "360dialog", "bCH", "bCL", "fake-5", "+4915112345004"),
    ] {
        place.sql(&insert(late)).await;
    }
    hold.batch_execute("ROLLBACK").await.unwrap();
    running.end().await.expect(3);
    assert_eq!(channels(&place).await, 3);
    let astray = "SELECT count(*) FROM trunkline.listed_channels AS channel
        JOIN trunkline.import_sources AS record ON record.provider = channel.provider AND record.channel_row = channel.id
        JOIN channel_connections AS source ON source.id = record.source_row WHERE source.company_id <> channel.company_id";
    assert_eq!(place.number(astray).await, 0);
}

#[tokio::test]
async fn a_channel_that_was_there_before_follows_no_row_that_moves() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    place.sql("INSERT INTO meta_whatsapp_clients (company_id, business_account_id) VALUES (1, '8001');
        INSERT INTO meta_whatsapp_phone_numbers (client_id, phone_number_id) SELECT id, '7001' FROM meta_whatsapp_clients").await;
    run(&place, "import run").await.expect(0);
    assert_eq!(channels(&place).await, 1);
    place.sql("UPDATE channel_connections SET account_id = '7009', connection_data = connection_data || '{\"phoneNumberId\": \"7009\"}'").await;
    assert_eq!(conflicts(&place).await, ["1 source_moved"]);
    run(&place, "import undo --yes --row 1").await.expect(0);
    run(&place, "import run").await.expect(0);
    assert_eq!(channels(&place).await, 2);
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn what_the_provider_says_of_a_channel_is_no_difference() {
    let place = platform(&[
        (1, 1, "official", "7001", "8001", "fake-1", NUMBER),
        (2, 2, "twilio", "+4915112345679", "ACa", "fake-2", "+4915112345679"),
    ])
    .await;
    run(&place, "import run").await.expect(0);
    // As a sync writes it.
    place.sql("UPDATE meta_whatsapp_phone_numbers SET display_name = 'Verified name', provider_status = 'CONNECTED', updated_at = now();
        UPDATE trunkline.twilio_senders SET sender_sid = 'XE1', updated_at = now()").await;
    run(&place, "import verify").await.expect(0);
    let renamed =
        "UPDATE channel_connections SET account_name = 'Renamed', updated_at = now() WHERE id = 1";
    place.sql(renamed).await;
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!([&done["created"], &done["updated"], &done["already_there"]], [0, 0, 2], "{done}");
    run(&place, "import verify").await.expect(0);
    // A token is the row's to say all the time.
    let token = "UPDATE channel_connections SET connection_data = connection_data || '{\"accessToken\": \"fake-new\"}' WHERE id = 1";
    place.sql(token).await;
    run(&place, "import verify").await.expect(3);
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    run(&place, "import verify").await.expect(0);
    let name =
        "SELECT count(*) FROM meta_whatsapp_phone_numbers WHERE display_name = 'Verified name'";
    assert_eq!(place.number(name).await, 1);
    // Known by its number, it is found by its SID.
    place.sql("DELETE FROM trunkline.import_sources").await;
    let again = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!([&again["created"], &again["already_there"]], [0, 2], "{again}");
}

#[tokio::test]
async fn a_number_that_another_company_has_here_is_not_taken_over() {
    let place = platform(&[(1, 2, "360dialog", "aCH", "aCL", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    place.sql("DELETE FROM channel_connections").await;
    place.sql(&insert((2, 1, "official", "7002", "8002", "fake-2", NUMBER))).await;
    assert_eq!(conflicts(&place).await, ["2 number_in_two_companies"]);
    run(&place, "import run --conflict newest").await.expect(3);
    assert_eq!(channels(&place).await, 1);
    // Who left it has it no more.
    place.sql("UPDATE dialog_360_channels SET status = 'disconnected'").await;
    run(&place, "import run").await.expect(0);
    assert_eq!(channels(&place).await, 2);
}

#[tokio::test]
async fn texts_that_no_column_holds_are_a_conflict_of_their_row_alone() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    let nul = r#"INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, connection_data)
        VALUES (2, 2, 1, 'whatsapp_official', '7002', 'Nul', to_jsonb('{"phoneNumberId": "70\u000002", "wabaId": "8002", "accessToken": "fake-2"}'::TEXT))"#;
    place.sql(nul).await;
    place.sql(&insert((3, 1, "official", &"7".repeat(4000), "8003", "fake-3", NUMBER))).await;
    assert_eq!(conflicts(&place).await, ["2 invalid_id", "3 invalid_id"]);
    run(&place, "import run").await.expect(3);
    assert_eq!(channels(&place).await, 1);
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn a_client_that_other_rows_use_is_taken_back_with_the_last_of_them() {
    let place = platform(&[
        (1, 1, "official", "7001", "8001", "fake-1", NUMBER),
        (2, 1, "official", "7002", "8001", "fake-2", "+4915112345679"),
    ])
    .await;
    run(&place, "import run").await.expect(0);
    place.sql("UPDATE channel_connections SET connection_data = connection_data || '{\"wabaId\": \"8009\"}' WHERE id = 1").await;
    run(&place, "import undo --yes --row 1").await.expect(0);
    run(&place, "import run").await.expect(0);
    assert_eq!(place.number("SELECT count(*) FROM meta_whatsapp_clients").await, 2);
    run(&place, "import undo --yes").await.expect(0);
    assert_eq!(place.number("SELECT count(*) FROM meta_whatsapp_clients").await, 0);
}

#[tokio::test]
async fn a_channel_that_comes_while_its_client_is_taken_back_stays() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    let other = place.database.connect().await.unwrap();
    other
        .batch_execute("BEGIN; INSERT INTO meta_whatsapp_phone_numbers (client_id, phone_number_id) SELECT id, '7002' FROM meta_whatsapp_clients")
        .await
        .unwrap();
    let undoing = place.command("import undo --yes --format json").spawn();
    place.wait_for_statement("ORDER BY id FOR UPDATE").await;
    other.batch_execute("COMMIT").await.unwrap();
    let undone = undoing.end().await.expect(3).json();
    assert_eq!(undone["kept"][0]["reason"], "client_in_use", "{undone}");
    assert_eq!(channels(&place).await, 1);
}

#[tokio::test]
async fn what_is_mended_on_the_platform_is_followed() {
    let place = platform(&[
        (1, 1, "official", "7001", "8001", "fake-1", NUMBER),
        (2, 2, "official", "7002", "8002", "fake-2", NUMBER),
    ])
    .await;
    let following = place
        .command("import run --follow --interval 100ms --format json")
        .env("TRUNKLINE_KEYS", KEY)
        .spawn();
    place
        .wait_for_rows("SELECT count(*) FROM trunkline.import_runs WHERE ended_at IS NOT NULL")
        .await;
    // As many rows contend afterwards as before.
    place.sql(&insert((3, 1, "official", "7003", "8003", "fake-3", "+4915112345003"))).await;
    let mended = "UPDATE channel_connections SET updated_at = now(), connection_data = connection_data || '{\"phoneNumber\": \"+4915112345003\"}' WHERE id = 2";
    place.sql(mended).await;
    place
        .wait_for_rows(
            "SELECT count(*) FROM meta_whatsapp_phone_numbers WHERE phone_number_id = '7001'",
        )
        .await;
    following.interrupt();
    following.end().await.expect(3);
}

#[tokio::test]
async fn a_login_that_may_not_write_companies_imports() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    let login = place
        .login("GRANT USAGE ON SCHEMA trunkline TO trunkline_reader;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, trunkline TO trunkline_reader;
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, trunkline TO trunkline_reader;
            REVOKE INSERT, UPDATE, DELETE ON companies, users, channel_connections FROM trunkline_reader")
        .await;
    let command = place.command("import run").env("DATABASE_URL", login);
    command.env("TRUNKLINE_KEYS", KEY).run().await.expect(0);
    assert_eq!(channels(&place).await, 1);
}

#[tokio::test]
async fn a_channel_that_was_there_gets_the_token_that_it_lacks_and_no_other_without_a_decision() {
    let place = platform(&[
        (1, 1, "official", "7001", "8001", "fake-1", NUMBER),
        (2, 2, "360dialog", "aCH", "aCL", "fake-2", "+4915112345679"),
    ])
    .await;
    place
        .sql(
            "INSERT INTO meta_whatsapp_clients (company_id, business_account_id) VALUES (1, '8001');
            INSERT INTO meta_whatsapp_phone_numbers (client_id, phone_number_id, display_name)
            SELECT id, '7001', 'Ours' FROM meta_whatsapp_clients",
        )
        .await;
    run(&place, "import verify").await.expect(3);
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!([&done["created"], &done["updated"]], [1, 1], "{done}");
    run(&place, "import verify").await.expect(0);
    let filled = "SELECT count(*) FROM meta_whatsapp_phone_numbers
        WHERE access_token LIKE 'tlk1.%' AND display_name = 'Ours' AND phone_number = '+4915112345678'";
    assert_eq!(place.number(filled).await, 1);

    // A token that was taken away comes back; of two that differ nobody knows which is right.
    place.sql("UPDATE dialog_360_channels SET api_key = NULL").await;
    run(&place, "import run").await.expect(0);
    run(&place, "import verify").await.expect(0);
    place.sql("DELETE FROM trunkline.import_sources").await;
    place.sql("UPDATE channel_connections SET connection_data = connection_data || '{\"accessToken\": \"fake-other\"}' WHERE id = 1").await;
    assert_eq!(conflicts(&place).await, ["1 changed_here"]);
    run(&place, "import run").await.expect(3);
    let decide = async |choice: &str| {
        place.sql(&format!("INSERT INTO trunkline.import_decisions (source, source_row, conflict, choice, decided_by, decided_at)
            VALUES ('platform', 1, 'changed_here', '{choice}', 'ada@example.com', now())
            ON CONFLICT (source, source_row) DO UPDATE SET choice = excluded.choice")).await;
    };
    decide("leave_out").await;
    run(&place, "import run").await.expect(0);
    run(&place, "import verify").await.expect(0);
    decide("take").await;
    run(&place, "import verify").await.expect(3);
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    run(&place, "import verify").await.expect(0);
    // What was not made by an import is not taken back.
    run(&place, "import undo --yes").await.expect(0);
    assert_eq!(channels(&place).await, 2);
}

#[tokio::test]
async fn following_goes_on_when_the_database_comes_back() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    let following = place
        .command("import run --follow --interval 100ms --format json")
        .env("TRUNKLINE_KEYS", KEY)
        .spawn();
    place
        .wait_for_rows("SELECT count(*) FROM trunkline.import_runs WHERE ended_at IS NOT NULL")
        .await;
    place
        .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .await;
    place.sql(&insert((2, 1, "official", "7002", "8002", "fake-2", "+4915112345679"))).await;
    place
        .wait_for_rows(
            "SELECT count(*) FROM meta_whatsapp_phone_numbers WHERE phone_number_id = '7002'",
        )
        .await;
    following.interrupt();
    following.end().await.expect(0);
}
