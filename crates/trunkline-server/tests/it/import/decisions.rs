use serde_json::json;

use super::platform;

const OWNER: &str = "
    SELECT company_id::BIGINT
    FROM dialog_360_channels AS channel
    JOIN dialog_360_clients AS client ON client.id = channel.client_id
    WHERE channel_id = 'twinCH'";

#[tokio::test]
async fn every_decision_is_honoured_by_the_next_run() {
    let (service, key) = platform().await;
    service.plan(&key).await;
    service.decide(&key, 4, &json!({ "choice": "take" })).await.expect(200);
    let taken = service.decide(&key, 3, &json!({ "choice": "take" })).await.expect(200).json();
    assert_eq!(taken["decision"]["decided_by"], "test");
    service.decide(&key, 6, &json!({ "choice": "leave_out" })).await.expect(200);
    service.decide(&key, 5, &json!({ "choice": "assign", "company_id": 2 })).await.expect(200);
    let expected = [
        "3 number_in_two_companies take",
        // Of rows that contend, one is taken.
        "4 number_in_two_companies open",
        "5 company_unknown assign",
        "6 token_missing leave_out",
    ];
    assert_eq!(service.conflicts(&key).await, expected);

    let run = service.import(&key, &json!({ "kind": "run" })).await;
    let result = &run["result"];
    assert_eq!([&result["created"], &result["left_out"], &result["conflict"]], [4, 1, 1]);
    assert_eq!(service.number(OWNER).await, 1);
    let lost = "SELECT company_id::BIGINT FROM dialog_360_clients WHERE client_id = 'lostCL'";
    assert_eq!(service.number(lost).await, 2);
    let verify = service.import(&key, &json!({ "kind": "verify" })).await;
    assert_eq!([&verify["result"]["same"], &verify["result"]["missing"]], [4, 0]);

    let plan = service.plan(&key).await;
    assert_eq!([&plan["result"]["left_out"], &plan["result"]["conflict"]], [1, 1]);
    // What another company has here already is not taken from it.
    service.decide(&key, 4, &json!({ "choice": "take" })).await.expect(422);
    // The decision about the company stays to be seen, and can be taken back.
    assert!(service.conflicts(&key).await.contains(&"5 company_unknown assign".to_owned()));
}

#[tokio::test]
async fn of_three_rows_that_contend_one_is_taken() {
    let (service, key) = platform().await;
    let third = "
        INSERT INTO companies (id, name) VALUES (700, 'Third');
        INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, status, connection_data)
        SELECT 70, user_id, 700, channel_type, account_id, 'Third', status,
            connection_data || '{\"clientId\": \"thirdCL\"}'
        FROM channel_connections WHERE id = 4";
    service.client.batch_execute(third).await.unwrap();
    service.plan(&key).await;
    for row in [4, 70, 3, 70] {
        service.decide(&key, row, &json!({ "choice": "take" })).await.expect(200);
        let taken = "SELECT string_agg(source_row::TEXT, ' ') FROM trunkline.import_decisions WHERE choice = 'take'";
        assert_eq!(service.text(taken).await, row.to_string());
    }
}

#[tokio::test]
async fn a_decision_against_a_row_wins_over_the_newest_and_ends_with_its_conflict() {
    let (service, key) = platform().await;
    service
        .client
        .batch_execute("UPDATE channel_connections SET updated_at = '2025-06-01' WHERE id = 4")
        .await
        .unwrap();
    service.plan(&key).await;
    service.decide(&key, 4, &json!({ "choice": "leave_out" })).await.expect(200);
    service.decide(&key, 6, &json!({ "choice": "leave_out" })).await.expect(200);
    let run = service.import(&key, &json!({ "kind": "run", "conflict": "newest" })).await;
    assert_eq!([&run["result"]["created"], &run["result"]["left_out"]], [2, 2]);
    let twin = "SELECT count(*) FROM dialog_360_channels WHERE channel_id = 'twinCH'";
    assert_eq!(service.number(twin).await, 0);

    // The row has its token now: there is nothing left to leave out.
    service
        .client
        .batch_execute("UPDATE channel_connections SET access_token = 'fake-token-6' WHERE id = 6")
        .await
        .unwrap();
    let run = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&run["result"]["created"], &run["result"]["left_out"]], [1, 1]);
    service.plan(&key).await;
    assert!(!service.conflicts(&key).await.iter().any(|line| line.starts_with("6 ")));
}

#[tokio::test]
async fn what_was_changed_on_both_sides_becomes_what_was_decided() {
    let (service, key) = platform().await;
    service.import(&key, &json!({ "kind": "run" })).await;
    let both = "
        UPDATE dialog_360_channels SET display_name = 'Ours' WHERE channel_id = 'firstCH';
        UPDATE channel_connections SET account_name = 'Theirs' WHERE id = 1";
    service.client.batch_execute(both).await.unwrap();
    service.plan(&key).await;
    assert_eq!(service.conflicts(&key).await[0], "1 changed_here open");
    service.decide(&key, 1, &json!({ "choice": "leave_out" })).await.expect(200);
    let run = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&run["result"]["updated"], &run["result"]["left_out"]], [0, 1]);
    service.decide(&key, 1, &json!({ "choice": "take" })).await.expect(200);
    let run = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&run["result"]["updated"], &run["result"]["left_out"]], [1, 0]);
    let name = "SELECT display_name FROM dialog_360_channels WHERE channel_id = 'firstCH'";
    assert_eq!(service.text(name).await, "Theirs");
}

#[tokio::test]
async fn what_cannot_be_decided_is_refused_with_the_field() {
    let (service, key) = platform().await;
    service.decide(&key, 3, &json!({ "choice": "take" })).await.expect(404);
    service.plan(&key).await;
    for (row, decision, field) in [
        (6, json!({ "choice": "take" }), "choice"),
        (5, json!({ "choice": "assign" }), "company_id"),
        (5, json!({ "choice": "assign", "company_id": 77 }), "company_id"),
        (3, json!({ "choice": "take", "company_id": 1 }), "company_id"),
        (3, json!({ "choice": "burn" }), "choice"),
    ] {
        let refused = service.decide(&key, row, &decision).await.expect(422).json();
        assert_eq!(refused["errors"][0]["field"], field, "{decision}");
    }
    service.decide(&key, 1, &json!({ "choice": "leave_out" })).await.expect(404);

    service.decide(&key, 3, &json!({ "choice": "take" })).await.expect(200);
    let path = "/api/v1/import/conflicts/3/decision";
    let open = service.call("DELETE", path, &key, &json!({})).await.expect(200).json();
    assert!(open["decision"].is_null());
    service.call("DELETE", path, &key, &json!({})).await.expect(200);
    assert_eq!(service.actions().await[0], "import_conflict.withdrawn");
}
