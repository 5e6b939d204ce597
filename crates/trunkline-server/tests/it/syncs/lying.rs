use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use trunkline_core::syncs::SyncState;
use trunkline_providers::simulator::FaultKind;

use super::Field;
use crate::providers::{account, dialog360, meta, provider};
use crate::support::Service;

/// What a run says that it found, but for what merely differs.
async fn oddities(field: &Field, run: i64) -> Vec<String> {
    let report = field.report(run).await;
    let is_usual = |line: &&str| line.starts_with("differs") || line.starts_with("bound");
    report.lines().filter(|line| !is_usual(line)).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_list_that_breaks_off_says_nothing_of_what_it_lacks() {
    let field = Field::new(2).await;
    // An empty list, and the word that there are two.
    let body = json!({ "clients": [], "count": 0, "total": 2, "limit": 200, "offset": 0 });
    field.refuse("/360dialog/api/v2/partners/*/clients", Some(1), 200, body);
    let run = field.sync(field.accounts[0], false).await;
    assert_eq!((run.state, run.clients, run.channels), (SyncState::Done, 2, 2));
    assert_eq!(
        oddities(&field, run.id).await,
        ["not_whole reported account simul8PA clients - | a part of the list alone"]
    );
    assert_eq!(field.alerts().await, "");
}

#[tokio::test]
async fn half_an_answer_and_an_error_are_tried_again_and_nothing_is_concluded() {
    let field = Field::new(2).await;
    let html = Value::from("<html>Bad gateway</html>");
    for (account, path, kind) in [
        (0, "/360dialog/api/v2/partners/*/channels", FaultKind::Truncated),
        (1, "/meta/*/*/phone_numbers", FaultKind::Reset),
    ] {
        field.fault(path, Some(3), kind);
        let run = field.sync(field.accounts[account], false).await;
        assert_eq!((run.state, run.attempts), (SyncState::Queued, 1), "{path}");
        assert_eq!(run.error.unwrap().kind, "transient");
        assert_eq!(oddities(&field, run.id).await, Vec::<String>::new());
    }
    field.refuse("/twilio/v2/Channels/Senders", Some(1), 500, html);
    field.fault("/twilio/v2/Channels/Senders", Some(1), FaultKind::Slow { milliseconds: 300 });
    // One error is repeated at once.
    let run = field.sync(field.accounts[2], false).await;
    assert_eq!((run.state, run.attempts), (SyncState::Done, 1));

    field.after(1).await;
    let ended =
        "SELECT DISTINCT concat_ws(' ', state, attempts) FROM trunkline.sync_runs ORDER BY 1";
    assert_eq!(field.text(ended).await, "done 1\ndone 2");
    assert_eq!(field.alerts().await, "");
}

#[tokio::test]
async fn too_many_requests_put_it_off_until_the_provider_takes_calls_again() {
    let field = Field::new(2).await;
    let body =
        json!({ "error": { "message": "(#80007)", "type": "OAuthException", "code": 80007 } });
    field.refuse("/meta/*/*/client_whatsapp_business_accounts", None, 400, body);
    let run = field.sync(field.meta(), false).await;
    assert_eq!(run.state, SyncState::Queued);
    assert_eq!(run.error.unwrap().kind, "throttled");
    assert!(run.due_at > field.service.clock.now());
    // It is an answer, and no outage.
    assert_eq!(field.text("SELECT failures::TEXT FROM trunkline.account_answers").await, "0");
    field.heal();
    // The budget keeps to what the provider asked for, by the clock of the database.
    field.service.client.batch_execute("DELETE FROM trunkline.rate_budgets").await.unwrap();
    assert_eq!(field.after(2).await, 1);
    assert_eq!(field.run(run.id).await.state, SyncState::Done);
}

/// A portfolio of 150 accounts in two pages, the second of which fails while it is told to.
fn pages(fails: &Arc<AtomicBool>) -> Router {
    let fails = Arc::clone(fails);
    let list = get(
        async move |Path((_, edge)): Path<(String, String)>,
                    Query(query): Query<Vec<(String, String)>>|
                    -> Response {
            let after = query.iter().any(|(name, _)| name == "after");
            if edge.starts_with("owned") || edge == "phone_numbers" {
                return Json(json!({ "data": [] })).into_response();
            }
            if after && fails.load(Ordering::Relaxed) {
                return (StatusCode::BAD_GATEWAY, "no").into_response();
            }
            let of = if after { 100..150 } else { 0..100 };
            let data: Vec<Value> = of.map(|at| json!({ "id": (7000 + at).to_string() })).collect();
            let paging =
                json!({ "cursors": { "after": "x" }, "next": "https://graph.example/next" });
            Json(if after {
                json!({ "data": data })
            } else {
                json!({ "data": data, "paging": paging })
            })
            .into_response()
        },
    );
    let scopes =
        ["business_management", "whatsapp_business_management", "whatsapp_business_messaging"];
    let token = get(async move || Json(json!({ "data": { "is_valid": true, "scopes": scopes } })));
    Router::new().route("/v25.0/{node}/{edge}", list).route("/v25.0/debug_token", token)
}

#[tokio::test]
async fn a_page_that_fails_in_the_middle_takes_nothing_away() {
    let service = Service::new().await;
    let fails = Arc::new(AtomicBool::new(true));
    let address = provider(pages(&fails)).await;
    let account = account(&service, &address, &meta()).await;
    let clients = "
        INSERT INTO meta_whatsapp_clients (company_id, business_account_id, status, partner_configuration_id)
        SELECT 1, (7000 + at)::TEXT, 'active', $1 FROM generate_series(0, 149) AS at";
    service.client.execute(clients, &[&account.id]).await.unwrap();
    let simulator = trunkline_providers::simulator::Simulator::start(
        trunkline_providers::simulator::World::default(),
    );
    let field = Field { service, simulator: simulator.await.unwrap(), accounts: [account.id; 3] };
    let run = field.sync(account.id, false).await;
    assert_eq!((run.state, run.findings, run.clients), (SyncState::Queued, 0, 0));
    assert_eq!(field.alerts().await, "");
    fails.store(false, Ordering::Relaxed);
    assert_eq!(field.after(1).await, 1);
    let run = field.run(run.id).await;
    assert_eq!(
        (run.state, run.findings, run.clients),
        (SyncState::Done, 0, 150),
        "{:?}",
        run.error
    );
}

#[tokio::test]
async fn a_provider_that_suddenly_has_nothing_is_not_believed() {
    let service = Service::new().await;
    let nothing = get(async |Path((_, list)): Path<(String, String)>| {
        Json(json!({ list.replace("channels", "partner_channels"): [], "total": 0 }))
    });
    let address = provider(Router::new().route("/api/v2/partners/{partner}/{list}", nothing)).await;
    let account = account(&service, &address, &dialog360()).await;
    let clients = "
        INSERT INTO dialog_360_clients (company_id, client_id, status)
        SELECT 1, 'x' || lpad(at::TEXT, 4, '0') || 'CL', 'active' FROM generate_series(1, 80) AS at";
    service.client.batch_execute(clients).await.unwrap();
    let mut service = service;
    Arc::make_mut(&mut service.state.settings).calls.dialog360_calls = 1000;
    let simulator = trunkline_providers::simulator::Simulator::start(
        trunkline_providers::simulator::World::default(),
    );
    let field = Field { service, simulator: simulator.await.unwrap(), accounts: [account.id; 3] };
    let run = field.sync(account.id, true).await;
    let report = field.report(run.id).await;
    // Fifty were asked for one by one, and that is enough of that.
    assert_eq!(report.lines().filter(|line| line.starts_with("not_there")).count(), 50);
    assert!(
        report.contains("not_whole reported account examplePA clients - | none of 30 clients more"),
        "{report}"
    );
}
