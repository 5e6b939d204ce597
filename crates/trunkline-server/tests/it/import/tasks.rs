use std::time::Duration;

use serde_json::json;
use trunkline_migrate::Interrupt;
use trunkline_server::import_once;

use super::{platform, stopping};
use crate::support::Service;

#[tokio::test]
async fn a_plan_is_worked_on_in_the_background_and_read_in_pages() {
    let (service, key) = platform().await;
    let put_up =
        service.call("POST", "/api/v1/import/tasks", &key, &json!({ "kind": "plan" })).await;
    let task = put_up.expect(202).json();
    assert_eq!([&task["state"], &task["requested_by"]], ["waiting", "test"]);
    let second = json!({ "kind": "run" });
    let refused = service.call("POST", "/api/v1/import/tasks", &key, &second).await.expect(409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("stop it"));
    assert!(service.get("/api/v1/import", &key).await.expect(200).json()["plan"].is_null());
    assert!(import_once(&service.state, &Interrupt::default()).await.unwrap());
    assert!(!import_once(&service.state, &Interrupt::default()).await.unwrap(), "no other is up");

    let import = service.get("/api/v1/import", &key).await.expect(200).json();
    assert_eq!(import["task"]["id"], import["plan"]["id"]);
    let expected = json!({ "companies": 3, "create": 2, "update": 0, "already_there": 0, "conflict": 4, "left_out": 0,
        "skipped": 1, "conflicts": { "company_unknown": 1, "number_in_two_companies": 2, "token_missing": 1 },
        "tokens": null });
    assert_eq!(import["plan"]["result"], expected);
    assert_eq!(import["plan"]["state"], "done");
    let channels = "SELECT count(*) FROM dialog_360_channels";
    assert_eq!(service.number(channels).await, 0, "a plan writes nothing but itself");

    let first = service.get("/api/v1/import/companies?limit=2", &key).await.expect(200).json();
    assert_eq!(first["items"][0]["company_id"], json!(null), "rows without a company come first");
    assert_eq!([&first["items"][1]["create"], &first["items"][1]["conflict"]], [2, 1]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/import/companies?limit=2&cursor={cursor}");
    let next = service.get(&path, &key).await.expect(200).json();
    assert_eq!(next["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        [&next["items"][0]["company"], &next["items"][0]["skipped"]],
        [&json!("Garage Beta"), &json!(1)]
    );

    let expected = [
        "3 number_in_two_companies open",
        "4 number_in_two_companies open",
        "5 company_unknown open",
        "6 token_missing open",
    ];
    assert_eq!(service.conflicts(&key).await, expected);
    let one = service.get("/api/v1/import/conflicts?row=3", &key).await.expect(200).json();
    let one = &one["items"][0];
    assert_eq!([&one["rival_row"], &one["company_id"]], [4, 1]);
    assert_eq!(one["label"], "+4915110000003");
    assert_eq!(one["choices"].as_array().unwrap().len(), 2);
    let path = "/api/v1/import/conflicts?conflict=token_missing&company_id=2&decided=false";
    let found = service.get(path, &key).await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert!(!found.to_string().contains("fake-"), "no token");
}

#[tokio::test]
async fn a_run_a_comparison_and_an_undoing_end_as_those_of_the_command_line() {
    let (service, key) = platform().await;
    service.plan(&key).await;
    let run = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&run["result"]["created"], &run["result"]["conflict"]], [2, 4]);
    assert_eq!([&run["rows_done"], &run["rows_total"]], [6, 6]);
    let sealed = "SELECT count(*) FROM dialog_360_channels WHERE api_key LIKE 'tlk1.%'";
    assert_eq!(service.number(sealed).await, 1);
    let again = service.import(&key, &json!({ "kind": "run" })).await;
    assert_eq!([&again["result"]["created"], &again["result"]["already_there"]], [0, 2]);

    let verify = service.import(&key, &json!({ "kind": "verify" })).await;
    assert_eq!([&verify["result"]["same"], &verify["result"]["missing"]], [2, 0]);
    let change =
        "UPDATE dialog_360_channels SET display_name = 'Ours', updated_at = now() + '1 second'";
    service.client.batch_execute(change).await.unwrap();
    let verify = service.import(&key, &json!({ "kind": "verify" })).await;
    assert_eq!(verify["result"]["differences"][0]["finding"], "channel_changed");

    let undo = service.import(&key, &json!({ "kind": "undo" })).await;
    assert_eq!([&undo["result"]["channels"], &undo["result"]["kept"]], [1, 1]);
    assert_eq!(undo["result"]["kept_rows"][0]["reason"], "channel_changed");
    assert_eq!(service.actions().await[0], "import.requested");
    let listed = service.get("/api/v1/import/tasks?limit=2", &key).await.expect(200).json();
    assert_eq!([&listed["items"][0]["kind"], &listed["items"][1]["kind"]], ["undo", "verify"]);
}

#[tokio::test]
async fn a_task_is_stopped_left_to_the_next_process_and_taken_over_from_a_dead_one() {
    let (service, key) = platform().await;
    let put_up =
        service.call("POST", "/api/v1/import/tasks", &key, &json!({ "kind": "run" })).await;
    let id = put_up.expect(202).json()["id"].as_i64().unwrap();
    let path = format!("/api/v1/import/tasks/{id}");
    let state =
        async || service.get(&path, &key).await.json()["state"].as_str().unwrap().to_owned();

    // The service ends before it is done.
    import_once(&service.state, &stopping()).await.unwrap();
    assert_eq!(state().await, "waiting");

    // Another process took it on and died: it is heard of no more.
    let dead = "UPDATE trunkline.import_tasks SET state = 'working', heard_at = now() - '20 seconds'::INTERVAL";
    service.client.batch_execute(dead).await.unwrap();
    assert!(
        !import_once(&service.state, &Interrupt::default()).await.unwrap(),
        "it may still live"
    );
    service
        .client
        .batch_execute(
            "UPDATE trunkline.import_tasks SET heard_at = now() - '31 seconds'::INTERVAL",
        )
        .await
        .unwrap();
    assert!(import_once(&service.state, &Interrupt::default()).await.unwrap());
    assert_eq!(state().await, "done");
    let all = "SELECT count(*) FROM trunkline.import_sources";
    assert_eq!(service.number(all).await, 2);

    let put_up =
        service.call("POST", "/api/v1/import/tasks", &key, &json!({ "kind": "plan" })).await;
    let id = put_up.expect(202).json()["id"].as_i64().unwrap();
    let stop = format!("/api/v1/import/tasks/{id}/stop");
    let asked = service.call("POST", &stop, &key, &json!({})).await.expect(200).json();
    assert_eq!(asked["stop_requested"], true);
    assert!(import_once(&service.state, &Interrupt::default()).await.unwrap());
    let path = format!("/api/v1/import/tasks/{id}");
    assert_eq!(service.get(&path, &key).await.json()["state"], "stopped");
    service.call("POST", &stop, &key, &json!({})).await.expect(200);
    assert_eq!(service.actions().await[0], "import.stopped");
}

#[tokio::test]
async fn a_task_that_waits_for_a_lock_is_stopped_within_seconds() {
    let (service, key) = platform().await;
    for (kind, lock) in [
        ("run", "SELECT FROM companies WHERE id = 1 FOR UPDATE"),
        ("undo", "SELECT FROM meta_whatsapp_phone_numbers FOR UPDATE"),
    ] {
        service.client.batch_execute(&format!("BEGIN; {lock}")).await.unwrap();
        let task = json!({ "kind": kind });
        let put_up = service.call("POST", "/api/v1/import/tasks", &key, &task).await;
        let path = format!("/api/v1/import/tasks/{}", put_up.expect(202).json()["id"]);
        let state = service.state.clone();
        let working = tokio::spawn(async move { import_once(&state, &Interrupt::default()).await });
        service.until_somebody_waits().await;
        service.call("POST", &format!("{path}/stop"), &key, &json!({})).await.expect(200);
        let ended = tokio::time::timeout(Duration::from_secs(10), working).await;
        assert!(ended.expect("within seconds").unwrap().unwrap());
        assert_eq!(service.get(&path, &key).await.json()["state"], "stopped");
        service.client.batch_execute("ROLLBACK").await.unwrap();
        service.import(&key, &json!({ "kind": "run" })).await;
    }
}

#[tokio::test]
async fn what_fails_is_said_and_the_next_task_can_be_put_up() {
    let (service, key) = platform().await;
    let put_up =
        service.call("POST", "/api/v1/import/tasks", &key, &json!({ "kind": "plan" })).await;
    let id = put_up.expect(202).json()["id"].as_i64().unwrap();
    service
        .client
        .batch_execute("ALTER TABLE channel_connections DROP COLUMN account_name")
        .await
        .unwrap();
    assert!(import_once(&service.state, &Interrupt::default()).await.unwrap());
    let failed = service.get(&format!("/api/v1/import/tasks/{id}"), &key).await.json();
    assert_eq!(failed["state"], "failed");
    assert!(failed["error"].as_str().unwrap().contains("account_name"), "{failed}");
    service
        .call("POST", "/api/v1/import/tasks", &key, &json!({ "kind": "plan" }))
        .await
        .expect(202);
}

#[tokio::test]
async fn only_admins_of_the_platform_see_and_do_any_of_it() {
    let (service, key) = platform().await;
    service.plan(&key).await;
    let operator = service.api_key("operator", None).await;
    let of_company = service.api_key("admin", Some(1)).await;
    for key in [&operator, &of_company] {
        for path in ["", "/tasks", "/tasks/1", "/companies", "/conflicts"] {
            service.get(&format!("/api/v1/import{path}"), key).await.expect(403);
        }
        let task = json!({ "kind": "undo" });
        service.call("POST", "/api/v1/import/tasks", key, &task).await.expect(403);
        service.call("POST", "/api/v1/import/tasks/1/stop", key, &json!({})).await.expect(403);
        service.decide(key, 3, &json!({ "choice": "take" })).await.expect(403);
        let path = "/api/v1/import/conflicts/3/decision";
        service.call("DELETE", path, key, &json!({})).await.expect(403);
    }
    service.get("/api/v1/import/tasks/99", &key).await.expect(404);
    let task = json!({ "kind": "run", "check_provider": true });
    service.call("POST", "/api/v1/import/tasks", &key, &task).await.expect(422);
}

#[tokio::test]
async fn without_the_platforms_table_it_is_said_at_once() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let refused =
        service.call("POST", "/api/v1/import/tasks", &key, &json!({ "kind": "plan" })).await;
    let detail = refused.expect(409).json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("channel_connections"), "{detail}");
}
