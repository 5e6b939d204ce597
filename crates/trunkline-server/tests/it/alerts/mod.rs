//! Telling of alerts, to real peers on sockets.

mod configuring;
mod email;
mod peers;
mod webhook;

use serde_json::{Value, json};

use crate::support::Service;

/// Opens a warning, whose id is given.
async fn open(service: &Service) -> i32 {
    let query = "
        INSERT INTO trunkline.alerts (rule, severity, provider, subject, subject_id, company_id, label, before, after,
            opened_at, changed_at)
        VALUES ('quality_fell', 'warning', 'meta', 'channel', 1, 1, '+15550000001', 'green', 'yellow', $1, $1)
        RETURNING id";
    service.client.query_one(query, &[&service.clock.now()]).await.unwrap().get(0)
}

/// It becomes critical.
async fn worsen(service: &Service, id: i32) {
    let query = "
        UPDATE trunkline.alerts
        SET severity = 'critical', after = 'red', changed_at = $2
        WHERE id = $1";
    service.client.execute(query, &[&id, &service.clock.now()]).await.unwrap();
}

/// Adds a destination of a webhook by the API; its id and its secret.
async fn webhook(service: &Service, url: &str, more: Value) -> (i64, String) {
    let key = service.api_key("admin", None).await;
    let mut body = json!({ "name": "On call", "kind": "webhook", "url": url });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let answer = service.call("POST", "/api/v1/alert-destinations", &key, &body).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let made = answer.json();
    let secret = made["made_secret"].as_str().unwrap_or_default().to_owned();
    (made["id"].as_i64().unwrap(), secret)
}

/// Every delivery as a line, the oldest first.
async fn deliveries(service: &Service) -> String {
    let query = "
        SELECT coalesce(string_agg(concat_ws(' ', destination_id, address, change, state, attempts, status, error), '; ' ORDER BY id), '')
        FROM trunkline.alert_deliveries";
    service.client.query_one(query, &[]).await.unwrap().get(0)
}
