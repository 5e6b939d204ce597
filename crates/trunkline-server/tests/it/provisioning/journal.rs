use serde_json::json;
use trunkline_providers::simulator::{Fault, FaultKind};

use super::Desk;

impl Desk {
    /// A code was asked for, and Meta did not answer: nobody can tell whether it was sent.
    async fn asked_in_vain(&self) {
        let (path, times) = ("/meta/*/*/request_code".to_owned(), Some(1));
        let kind = FaultKind::Reset;
        self.field.simulator.fault(Fault { method: None, path, times, kind });
        self.field.simulator.change(|world| {
            let fields = &mut world.meta.numbers.get_mut("103000000000001").unwrap().fields;
            fields.insert("code_verification_status".to_owned(), "NOT_VERIFIED".into());
        });
        self.refused("/channels/meta-1/request-code", json!({}), 503).await;
        self.wait();
    }
}

#[tokio::test]
async fn what_the_provider_cannot_tell_an_operator_settles() {
    let desk = Desk::new().await;
    desk.asked_in_vain().await;
    let settle = "/provider-calls/1/settle";
    let unknown = desk.post("/provider-calls/1/resolve", json!({})).await;
    assert_eq!(unknown.json()["state"], "unknown", "{}", unknown.body);
    desk.refused("/channels/meta-1/request-code", json!({}), 409).await;
    for body in
        [json!({ "state": "unknown", "note": "x" }), json!({ "state": "failed", "note": " " })]
    {
        desk.refused(settle, body, 422).await;
    }
    let body = json!({ "state": "failed", "note": "nobody got a text" });
    let settled = desk.post(settle, body.clone()).await;
    assert_eq!(settled.status.as_u16(), 200, "{}", settled.body);
    insta::assert_snapshot!("settled_call", serde_json::to_string_pretty(&settled.json()).unwrap());
    insta::assert_snapshot!("settled_audit", desk.audit("meta-1").await);
    let known = desk.refused(settle, body, 409).await;
    assert!(known.contains("known already"), "{known}");
    assert_eq!(desk.post("/channels/meta-1/request-code", json!({})).await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_journal_is_listed_by_what_is_open_and_by_account() {
    let desk = Desk::new().await;
    let made = desk.post("/channels/360dialog-1/rotate-api-key", json!({})).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    desk.asked_in_vain().await;
    let ids = async |query: &str| {
        let listed = desk.get(&format!("/provider-calls{query}")).await.json();
        let ids: Vec<i64> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["id"].as_i64().unwrap())
            .collect();
        ids
    };
    assert_eq!(ids("").await, [2, 1]);
    assert_eq!(ids("?open=true").await, [2]);
    assert_eq!(ids("?open=false").await, [1]);
    let [dialog360, ..] = desk.field.accounts;
    assert_eq!(ids(&format!("?partner_account_id={dialog360}")).await, [1]);
    assert_eq!(ids("?open=true&partner_account_id=99").await, [0_i64; 0]);
    let first = desk.get("/provider-calls?limit=1").await;
    let next = first.json()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&format!("?limit=1&cursor={next}")).await, [1]);
    let one = desk.get("/provider-calls/2").await.json();
    assert_eq!(
        (&one["channel_id"], &one["call"]),
        (&json!("meta-1"), &json!("provider.meta.request_code"))
    );
    assert_eq!(desk.get("/provider-calls/3").await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_company_reads_what_is_open_about_its_channel_where_a_refusal_says() {
    let desk = Desk::new().await;
    let made = desk.post("/channels/360dialog-1/rotate-api-key", json!({})).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    desk.asked_in_vain().await;
    let service = &desk.field.service;
    let own = service.api_key("operator", Some(1)).await;
    let path = "/api/v1/channels/meta-1/request-code";
    let refused = service.call("POST", path, &own, &json!({})).await;
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.body);
    let here = "/api/v1/channels/meta-1/provider-calls";
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&format!("GET {here}?open=true")), "{detail}");
    let ids = async |path: &str, key: &str| {
        let listed = service.get(path, key).await.json();
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|call| call["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&format!("{here}?open=true"), &own).await, [2]);
    assert_eq!(ids(&format!("{here}?open=false"), &own).await, [0_i64; 0]);
    assert_eq!(ids("/api/v1/channels/360dialog-1/provider-calls", &own).await, [1]);
    let other = service.api_key("operator", Some(2)).await;
    assert_eq!(service.get(here, &other).await.status.as_u16(), 404);
}

#[tokio::test]
async fn viewers_read_the_journal_and_do_not_settle() {
    let desk = Desk::new().await;
    desk.asked_in_vain().await;
    let viewer = desk.field.service.api_key("viewer", None).await;
    let get = desk.field.service.get("/api/v1/provider-calls/1", &viewer).await;
    assert_eq!(get.status.as_u16(), 200);
    for (act, body) in [("resolve", json!({})), ("settle", json!({ "state": "done", "note": "x" }))]
    {
        let path = format!("/api/v1/provider-calls/1/{act}");
        let answer = desk.field.service.call("POST", &path, &viewer, &body).await;
        assert_eq!(answer.status.as_u16(), 403, "{act}");
    }
}
