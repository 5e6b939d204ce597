//! `import …` of rows that move, of numbers that change hands, and of what somebody entered here meanwhile.

use std::time::Duration;

use crate::importing::{KEY, NUMBER, channels, conflicts, insert, platform, run};

#[tokio::test]
async fn undo_keeps_a_channel_whose_token_was_entered_here_whatever_came_of_its_row_since() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    // As the service writes a token; that it opens is not asked here.
    place.sql("UPDATE meta_whatsapp_phone_numbers SET access_token = access_token || 'x', updated_at = now() + INTERVAL '1 s'").await;
    place.sql("UPDATE channel_connections SET account_name = 'Renamed', updated_at = now()").await;
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    let undone = run(&place, "import undo --yes --format json").await.expect(3).json();
    assert_eq!(undone["kept"][0]["reason"], "channel_changed", "{undone}");
    assert_eq!(channels(&place).await, 1);
}

#[tokio::test]
async fn a_row_that_moves_after_the_provider_was_heard_is_released_and_imported_anew() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    run(&place, "import link").await.expect(0);
    // As a sync writes it.
    place.sql("UPDATE meta_whatsapp_phone_numbers SET provider_status = 'CONNECTED', updated_at = now()").await;
    place.sql("UPDATE channel_connections SET connection_data = connection_data || '{\"phoneNumberId\": \"7009\"}'").await;
    assert_eq!(conflicts(&place).await, ["1 source_moved"]);
    run(&place, "import undo --yes --row 1").await.expect(3);
    run(&place, "import undo --yes --changed forget").await.expect(2);
    let released = run(&place, "import undo --yes --row 1 --changed forget --format json").await;
    let released = released.expect(0).json();
    assert_eq!([&released["channels"], &released["forgotten"]], [0, 1], "{released}");
    let linked = "SELECT count(*) FROM channel_connections WHERE connection_data ? 'trunkline'";
    assert_eq!(place.number(linked).await, 0);
    run(&place, "import run").await.expect(0);
    run(&place, "import verify").await.expect(0);
    assert_eq!(channels(&place).await, 2);
}

#[tokio::test]
async fn what_somebody_left_out_is_no_difference() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    place.sql("UPDATE channel_connections SET connection_data = connection_data || '{\"phoneNumberId\": \"7009\"}'").await;
    run(&place, "import verify").await.expect(3);
    place.sql("INSERT INTO trunkline.import_decisions (source, source_row, conflict, choice, decided_by, decided_at)
        VALUES ('platform', 1, 'source_moved', 'leave_out', 'somebody', now())").await;
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn a_row_gets_no_number_that_another_company_has() {
    let other = "+4915112345679";
    let place = platform(&[
        (1, 1, "official", "7001", "8001", "fake-1", NUMBER),
        (2, 2, "official", "7002", "8002", "fake-2", other),
    ])
    .await;
    run(&place, "import run").await.expect(0);
    let change = format!(
        "UPDATE channel_connections SET updated_at = now(), connection_data = connection_data || '{{\"phoneNumber\": \"{other}\"}}' WHERE id = 1"
    );
    place.sql(&change).await;
    // The platform's own two rows claim it; then only what stands here does.
    assert_eq!(
        conflicts(&place).await,
        ["1 number_in_two_companies"],
        "row 2 has it already, and stays as it is"
    );
    place.sql("DELETE FROM channel_connections WHERE id = 2").await;
    assert_eq!(conflicts(&place).await, ["1 number_in_two_companies"]);
    run(&place, "import run --conflict newest").await.expect(3);
    let held =
        format!("SELECT count(*) FROM trunkline.listed_channels WHERE phone_number = '{other}'");
    assert_eq!(place.number(&held).await, 1);
    place.sql("UPDATE meta_whatsapp_phone_numbers SET status = 'disconnected' WHERE phone_number_id = '7002'").await;
    run(&place, "import run").await.expect(0);
    assert_eq!(place.number(&held).await, 2);
}

#[tokio::test]
async fn a_sender_that_one_row_knows_by_its_sid_and_another_by_its_number_is_one() {
    let sid = |id: i32| {
        format!(
            "UPDATE channel_connections SET connection_data = connection_data || '{{\"senderSid\": \"XE1\"}}' WHERE id = {id}"
        )
    };
    let twins = |company: i32| {
        [
            (1, 1, "twilio", NUMBER, "ACa", "fake-1", NUMBER),
            (2, company, "twilio", NUMBER, "ACa", "fake-1", NUMBER),
        ]
    };
    let place = platform(&twins(1)).await;
    place.sql(&sid(2)).await;
    let double = ["1 duplicate_channel_id", "2 duplicate_channel_id"];
    assert_eq!(conflicts(&place).await, double);
    run(&place, "import run --conflict newest").await.expect(3);
    assert_eq!(channels(&place).await, 1);

    // The one that knows the number alone was first.
    let place = platform(&twins(1)[..1]).await;
    run(&place, "import run").await.expect(0);
    place.sql("DELETE FROM channel_connections").await;
    place.sql(&insert(twins(1)[1])).await;
    place.sql(&sid(2)).await;
    run(&place, "import run").await.expect(0);
    assert_eq!(channels(&place).await, 1);
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn a_sender_that_another_company_has_left_keeps_its_number_from_nobody() {
    let place = platform(&[(1, 2, "twilio", NUMBER, "ACb", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    place.sql("UPDATE trunkline.twilio_senders SET sender_sid = 'XE1', updated_at = now()").await;
    place.sql("DELETE FROM channel_connections").await;
    place.sql(&insert((2, 1, "twilio", NUMBER, "ACa", "fake-2", NUMBER))).await;
    assert_eq!(conflicts(&place).await, ["2 number_in_two_companies"]);
    place.sql("UPDATE trunkline.twilio_senders SET status = 'disconnected'").await;
    run(&place, "import run").await.expect(0);
    assert_eq!(channels(&place).await, 2);
}

#[tokio::test]
async fn link_leaves_no_id_of_a_channel_that_is_gone() {
    let place = platform(&[
        (1, 1, "official", "7001", "8001", "fake-1", NUMBER),
        (2, 2, "official", "7002", "8002", "fake-2", "+4915112345679"),
    ])
    .await;
    run(&place, "import run").await.expect(0);
    place.sql("DELETE FROM meta_whatsapp_phone_numbers WHERE phone_number_id = '7002'").await;
    let linked = "SELECT count(*) FROM channel_connections WHERE connection_data ? 'trunkline'";
    run(&place, "import link").await.expect(0);
    assert_eq!(place.number(linked).await, 1);
    place.sql("DELETE FROM meta_whatsapp_phone_numbers").await;
    let mended = run(&place, "import link --format json").await.expect(0).json();
    assert_eq!([&mended["linked"], &mended["unchanged"]], [1, 1], "{mended}");
    assert_eq!(place.number(linked).await, 0);
}

#[tokio::test]
async fn a_lock_that_is_held_for_long_does_not_end_following() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    let busy = place.database.connect().await.unwrap();
    busy.batch_execute("BEGIN; LOCK TABLE meta_whatsapp_clients IN SHARE MODE").await.unwrap();
    let following =
        place.command("import run --follow --interval 100ms").env("TRUNKLINE_KEYS", KEY).spawn();
    // Ten attempts of two seconds each, and the rests between them.
    place.wait_for_rows("SELECT (count(*) > 1)::INTEGER::BIGINT FROM trunkline.import_runs").await;
    busy.batch_execute("ROLLBACK").await.unwrap();
    place.wait_for_rows("SELECT count(*) FROM meta_whatsapp_phone_numbers").await;
    following.interrupt();
    tokio::time::timeout(Duration::from_secs(30), following.end()).await.unwrap().expect(0);
}

#[tokio::test]
async fn remedies_name_the_source_that_they_are_about() {
    let place = platform(&[]).await;
    let file = place.path().join("rows.csv");
    let row = |client: &str| {
        format!(
            "id,company_id,channel_type,account_id,wabaId,accessToken\n5,1,whatsapp_official,7001,{client},fake-1\n"
        )
    };
    std::fs::write(&file, row("8001")).unwrap();
    run(&place, "import run --from csv rows.csv").await.expect(0);
    std::fs::write(&file, row("8009")).unwrap();
    let moved = run(&place, "import plan --from csv rows.csv").await.expect(0);
    assert!(moved.stdout.contains("import undo --row 5 --from csv rows.csv"), "{moved}");
    place.sql("DELETE FROM meta_whatsapp_phone_numbers").await;
    let gone = run(&place, "import verify --from csv rows.csv").await.expect(3);
    assert!(gone.stdout.contains("import undo --row 5 --from csv rows.csv"), "{gone}");
}

#[tokio::test]
async fn a_number_that_moves_to_another_company_moves_with_its_row() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    // As a sync writes it.
    place.sql("UPDATE meta_whatsapp_phone_numbers SET provider_status = 'CONNECTED', updated_at = now();
        UPDATE meta_whatsapp_clients SET provider_status = 'APPROVED', updated_at = now() + INTERVAL '1 s'").await;
    place.sql("UPDATE channel_connections SET company_id = 2, updated_at = now()").await;
    assert_eq!(conflicts(&place).await, ["1 source_moved"]);
    run(&place, "import undo --yes --row 1").await.expect(3);
    run(&place, "import undo --yes --row 1 --changed delete").await.expect(0);
    run(&place, "import run").await.expect(0);
    run(&place, "import verify").await.expect(0);
    let moved = "SELECT count(*) FROM trunkline.listed_channels WHERE company_id = 2";
    assert_eq!([place.number(moved).await, channels(&place).await], [1, 1]);
}

#[tokio::test]
async fn a_channel_that_another_row_has_too_is_not_taken_back_with_the_first() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    // The platform connects it anew: another row of the same.
    place.sql("DELETE FROM channel_connections").await;
    place.sql(&insert((2, 1, "official", "7001", "8001", "fake-1", NUMBER))).await;
    run(&place, "import run").await.expect(0);
    run(&place, "import link").await.expect(0);
    let verified = run(&place, "import verify").await.expect(0);
    assert!(verified.stdout.contains("trunkline import undo --row 1"), "{verified}");
    let undone = run(&place, "import undo --yes --row 1 --format json").await.expect(0).json();
    assert_eq!([&undone["channels"], &undone["forgotten"]], [0, 1], "{undone}");
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(done["updated"], 1, "it gets the second's name: {done}");
    run(&place, "import verify").await.expect(0);
    // Now it is the second's.
    let undone = run(&place, "import undo --yes --format json").await.expect(0).json();
    assert_eq!([&undone["channels"], &undone["clients"]], [1, 1], "{undone}");
}

#[tokio::test]
async fn a_link_that_was_copied_is_taken_out_again() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    run(&place, "import link").await.expect(0);
    let copy = "INSERT INTO channel_connections (user_id, company_id, channel_type, account_id, account_name, connection_data)
        SELECT user_id, 2, channel_type, account_id, account_name, connection_data FROM channel_connections WHERE id = 1";
    place.sql(copy).await;
    let linked = "SELECT count(*) FROM channel_connections WHERE connection_data ? 'trunkline'";
    run(&place, "import link").await.expect(0);
    assert_eq!(place.number(linked).await, 1);
    place.sql(copy).await;
    // As after a restore of tables from before the import.
    place.sql("DELETE FROM trunkline.import_sources").await;
    run(&place, "import unlink").await.expect(0);
    assert_eq!(place.number(linked).await, 0);
}

#[tokio::test]
async fn to_take_the_word_of_a_row_is_decided_once() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    let both = async |here: &str, there: &str| {
        place.sql(&format!("UPDATE meta_whatsapp_phone_numbers SET display_name = '{here}', updated_at = now();
            UPDATE channel_connections SET account_name = '{there}', updated_at = now()")).await;
    };
    both("here", "there").await;
    assert_eq!(conflicts(&place).await, ["1 changed_here"]);
    place.sql("INSERT INTO trunkline.import_decisions (source, source_row, conflict, choice, decided_by, decided_at)
        VALUES ('platform', 1, 'changed_here', 'take', 'somebody', now())").await;
    run(&place, "import run").await.expect(0);
    both("here again", "there again").await;
    assert_eq!(conflicts(&place).await, ["1 changed_here"]);
    // Where both are made the same, the next change of the row comes along.
    both("same", "same").await;
    run(&place, "import run").await.expect(0);
    place.sql("UPDATE channel_connections SET account_name = 'next', updated_at = now()").await;
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(done["updated"], 1, "{done}");
}

#[tokio::test]
async fn a_conflict_that_comes_while_it_follows_is_said_at_once() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    let following =
        place.command("import run --follow --interval 100ms").env("TRUNKLINE_KEYS", KEY).spawn();
    place
        .wait_for_rows("SELECT count(*) FROM trunkline.import_runs WHERE ended_at IS NOT NULL")
        .await;
    place.sql("UPDATE channel_connections SET company_id = 2, updated_at = now()").await;
    // It looks every 100 ms; nothing in the database tells when.
    tokio::time::sleep(Duration::from_secs(2)).await;
    following.interrupt();
    let ended = following.end().await.expect(3);
    assert_eq!(ended.stdout.matches("source_moved").count(), 1, "{ended}");
    assert!(ended.stdout.contains("Not all: 1 conflict"), "{ended}");
}

#[tokio::test]
async fn without_keys_nothing_is_said_to_be_verified() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    let verified = place.run("import verify").await.expect(3);
    assert!(verified.stdout.contains("Tokens were not compared"), "{verified}");
}

#[tokio::test]
async fn what_a_spreadsheet_left_of_an_id_is_a_conflict() {
    let place = platform(&[
        (1, 1, "official", "9.20E+14", "8001", "fake-1", NUMBER),
        (2, 1, "official", "7002", "undefined", "fake-2", ""),
        (3, 1, "360dialog", "a/b?c", "aCL", "fake-3", ""),
        (4, 1, "360dialog", "aCH", "a-b_CL", "fake-4", ""),
    ])
    .await;
    assert_eq!(conflicts(&place).await, ["1 invalid_id", "2 invalid_id", "3 invalid_id"]);
}

#[tokio::test]
async fn a_sender_whose_row_learns_its_sid_was_changed_by_nobody() {
    let place = platform(&[(1, 1, "twilio", NUMBER, "ACa", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    place.sql("UPDATE channel_connections SET updated_at = now(), connection_data = connection_data || '{\"senderSid\": \"XE1\"}'").await;
    run(&place, "import run").await.expect(0);
    place.sql("UPDATE channel_connections SET account_name = 'Renamed', updated_at = now()").await;
    let done = run(&place, "import run --format json").await.expect(0).json();
    assert_eq!(done["updated"], 1, "{done}");
    let undone = run(&place, "import undo --yes --format json").await.expect(0).json();
    assert_eq!(undone["channels"], 1, "{undone}");
}

#[tokio::test]
async fn the_record_of_a_row_that_lost_its_channel_to_another_goes_with_it() {
    let place = platform(&[(1, 1, "official", "7001", "8001", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    place.sql(&insert((2, 1, "official", "7001", "8001", "fake-2", NUMBER))).await;
    place
        .sql("UPDATE channel_connections SET updated_at = now() + INTERVAL '1 s' WHERE id = 2")
        .await;
    run(&place, "import run --conflict newest").await;
    place.sql("DELETE FROM channel_connections WHERE id = 1").await;
    let undone = run(&place, "import undo --yes --row 1 --format json").await.expect(0).json();
    assert_eq!([&undone["channels"], &undone["forgotten"]], [0, 1], "{undone}");
    let verified = run(&place, "import verify --format json").await.expect(0).json();
    assert_eq!(verified["source_gone"], serde_json::json!([]), "{verified}");
    // What the row had no heir for goes: its own channel, and the client that the first had made.
    place.sql("UPDATE channel_connections SET company_id = 2, updated_at = now()").await;
    run(&place, "import undo --yes --row 2 --changed delete").await.expect(0);
    run(&place, "import run").await.expect(0);
    run(&place, "import verify").await.expect(0);
    assert_eq!(channels(&place).await, 1);
}

#[tokio::test]
async fn a_number_that_its_company_took_elsewhere_is_known_by_the_sender_that_it_has() {
    let place = platform(&[(1, 2, "twilio", NUMBER, "ACb", "fake-1", NUMBER)]).await;
    run(&place, "import run").await.expect(0);
    place.sql("DELETE FROM channel_connections; UPDATE trunkline.twilio_senders SET sender_sid = 'XE1', status = 'disconnected';
        INSERT INTO trunkline.twilio_clients (company_id, account_sid) VALUES (1, 'ACa');
        INSERT INTO trunkline.twilio_senders (client_id, sender_sid, phone_number, status)
        SELECT id, 'XE2', '+4915112345678', 'running' FROM trunkline.twilio_clients WHERE account_sid = 'ACa'").await;
    place.sql(&insert((2, 1, "twilio", NUMBER, "ACa", "fake-2", NUMBER))).await;
    run(&place, "import run").await.expect(0);
    assert_eq!(channels(&place).await, 2);
}
