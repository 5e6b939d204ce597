//! The import of the platform's connections, as the service does it.

mod accounts;
mod decisions;
mod pages;
mod secrets;
mod tasks;
mod tokens;

use serde_json::{Value, json};
use tokio::sync::watch;
use trunkline_migrate::Interrupt;
use trunkline_server::import_once;

use crate::support::{Answer, Service};

/// Connections of two companies: two that are well, two that contend, one without a company, one without a token, one
/// of another type.
const CONNECTIONS: &str = r#"
    CREATE TABLE public.users (id INTEGER PRIMARY KEY, company_id INTEGER);
    CREATE TABLE public.channel_connections (
        id INTEGER PRIMARY KEY,
        user_id INTEGER NOT NULL,
        company_id INTEGER,
        channel_type TEXT NOT NULL,
        account_id TEXT NOT NULL,
        account_name TEXT NOT NULL,
        access_token TEXT,
        status TEXT DEFAULT 'active',
        connection_data JSONB,
        created_at TIMESTAMP NOT NULL DEFAULT '2025-01-01',
        updated_at TIMESTAMP NOT NULL DEFAULT '2025-01-01'
    );
    INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, connection_data)
    VALUES
        (1, 1, 1, 'whatsapp_360dialog', 'firstCH', 'Bread', '{"clientId": "oneCL", "channelId": "firstCH",
            "phoneNumber": "+4915110000001", "apiKey": "fake-key-1"}'),
        (2, 1, 1, 'whatsapp_official', '103000000000002', 'Cake', '{"wabaId": "102000000000001",
            "phoneNumberId": "103000000000002", "phoneNumber": "+4915110000002", "accessToken": "fake-token-2"}'),
        (3, 1, 1, 'whatsapp_360dialog', 'twinCH', 'Twin of one', '{"clientId": "oneCL", "channelId": "twinCH",
            "phoneNumber": "+4915110000003", "apiKey": "fake-key-3"}'),
        (4, 2, 2, 'whatsapp_360dialog', 'twinCH', 'Twin of two', '{"clientId": "twoCL", "channelId": "twinCH",
            "phoneNumber": "+4915110000003", "apiKey": "fake-key-4"}'),
        (5, 9, NULL, 'whatsapp_360dialog', 'lostCH', 'Lost', '{"clientId": "lostCL", "channelId": "lostCH",
            "phoneNumber": "+4915110000005", "apiKey": "fake-key-5"}'),
        (6, 2, 2, 'whatsapp_official', '103000000000006', 'Tyres', '{"wabaId": "102000000000002",
            "phoneNumberId": "103000000000006", "phoneNumber": "+4915110000006"}'),
        (7, 2, 2, 'instagram', 'tyres', 'Tyres', '{}');"#;

/// A service on a platform that has connections, and an admin's key.
async fn platform() -> (Service, String) {
    let service = Service::new().await;
    service.client.batch_execute(CONNECTIONS).await.unwrap();
    let key = service.api_key("admin", None).await;
    (service, key)
}

impl Service {
    /// Puts a task up and works on it to its end; gives it.
    async fn import(&self, key: &str, task: &Value) -> Value {
        let put_up = self.call("POST", "/api/v1/import/tasks", key, task).await;
        let id = put_up.expect(202).json()["id"].clone();
        assert!(import_once(&self.state, &Interrupt::default()).await.unwrap());
        self.get(&format!("/api/v1/import/tasks/{id}"), key).await.expect(200).json()
    }

    async fn plan(&self, key: &str) -> Value {
        self.import(key, &json!({ "kind": "plan" })).await
    }

    async fn decide(&self, key: &str, row: i64, decision: &Value) -> Answer {
        let path = format!("/api/v1/import/conflicts/{row}/decision");
        self.call("PUT", &path, key, decision).await
    }

    /// The conflicts of the last plan: row, word and choice.
    async fn conflicts(&self, key: &str) -> Vec<String> {
        let listed = self.get("/api/v1/import/conflicts", key).await.expect(200).json();
        let line = |found: &Value| {
            let choice = found["decision"]["choice"].as_str().unwrap_or("open");
            format!("{} {} {choice}", found["row"], found["conflict"].as_str().unwrap())
        };
        listed["items"].as_array().unwrap().iter().map(line).collect()
    }
}

/// Somebody has asked to stop.
fn stopping() -> Interrupt {
    Interrupt::new(watch::channel(true).1)
}
