//! What operators do to channels, against the simulated providers.

mod journal;
mod keys;
mod numbers;
mod pages;
mod senders;
mod webhooks;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};
use trunkline_providers::simulator::{FaultKind, Words};

use crate::support::Answer;
use crate::syncs::Field;

pub(super) const KEYS: &str = "/360dialog/api/v2/partners/*/channels/*/api_keys";

/// The field, with an operator's key of the platform; it is not the budgets that are tried.
pub(super) struct Desk {
    pub(super) field: Field,
    pub(super) key: String,
}

impl Desk {
    pub(super) async fn new() -> Self {
        let mut field = Field::new(2).await;
        let messaging = field.simulator.dialog360_messaging_url().to_string();
        field.service.set(|settings| {
            settings.calls.dialog360_calls = 1000;
            settings.providers.dialog360_messaging_url = messaging;
        });
        let key = field.service.api_key("operator", None).await;
        Self { field, key }
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.field.service.call("POST", &format!("/api/v1{path}"), &self.key, &body).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.field.service.get(&format!("/api/v1{path}"), &self.key).await
    }

    /// What is wrong, when something is.
    pub(super) async fn refused(&self, path: &str, body: Value, status: u16) -> String {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        answer.json()["detail"].as_str().unwrap().to_owned()
    }

    /// The calls in the journal, a line each.
    pub(super) async fn journal(&self) -> String {
        let query = "
            SELECT concat_ws(' ', call, subject, state) FROM trunkline.provider_calls ORDER BY id";
        self.field.text(query).await
    }

    /// What the audit log holds of a channel.
    pub(super) async fn audit(&self, channel: &str) -> String {
        let query = format!(
            "SELECT concat_ws(' ', actor_name, action, company_id, after ->> 'call', after ->> 'state')
            FROM trunkline.audit_log WHERE object_kind = 'channel' AND object_id = '{channel}' ORDER BY id"
        );
        self.field.text(&query).await
    }

    /// How often the providers were sent this.
    pub(super) fn sent(&self, method: &str, end: &str) -> usize {
        let requests = self.field.simulator.requests();
        let of = |logged: &&trunkline_providers::simulator::Logged| {
            logged.method == method && logged.path.ends_with(end)
        };
        requests.iter().filter(of).count()
    }

    /// Lets the time pass in which a call may be under way.
    pub(super) fn wait(&self) {
        self.field.service.clock.advance(SignedDuration::from_mins(3));
    }
}

/// Done, and then 500.
pub(super) fn done_then_500() -> FaultKind {
    let body = json!({ "meta": { "developer_message": "Internal server error" } });
    FaultKind::DoneButRefused(Words { status: 500, headers: BTreeMap::new(), body })
}
