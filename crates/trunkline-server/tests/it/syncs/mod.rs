//! What the providers say, compared with what stands here: against the simulated providers.

mod api;
mod drift;
mod hints;
mod lying;
mod outage;
mod pages;
mod tokens;
mod workers;

use std::fmt::Write;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Map, Value};
use trunkline_providers::simulator::{Fault, FaultKind, Sample, Simulator, Words, World};
use trunkline_server::syncs::{queue_syncs, work_on_next};
use trunkline_store::audit_log::{Actor, ActorKind};
use trunkline_store::syncs::{SyncRun, find_sync};

use crate::support::Service;

/// A service whose partner accounts are at simulated providers, with two companies that have something at each.
pub(super) struct Field {
    pub(super) service: Service,
    pub(super) simulator: Simulator,
    /// 360dialog's, Meta's and Twilio's.
    pub(super) accounts: [i32; 3],
}

/// As onboarding would have left it some time ago: everything is being set up.
const OURS: &str = "
    INSERT INTO dialog_360_clients (id, company_id, client_id, client_name, status)
    VALUES (1, 1, 'c00000CL', 'Bakery 1', 'active'), (2, 2, 'c00001CL', 'Bicycles 2', 'active');
    INSERT INTO dialog_360_channels (id, client_id, channel_id, status)
    VALUES (1, 1, 'n00000CH', 'pending'), (2, 2, 'n00001CH', 'pending');
    INSERT INTO meta_whatsapp_clients (id, company_id, business_account_id, status)
    VALUES (1, 1, '102000000000001', 'pending'), (2, 2, '102000000000002', 'pending');
    INSERT INTO meta_whatsapp_phone_numbers (id, client_id, phone_number_id, status)
    VALUES (1, 1, '103000000000001', 'pending'), (2, 2, '103000000000002', 'pending');
    INSERT INTO trunkline.twilio_clients (id, company_id, account_sid, status)
    VALUES (1, 1, 'AC00000000000000000000000000000001', 'active'), (2, 2, 'AC00000000000000000000000000001001', 'active');
    INSERT INTO trunkline.twilio_senders (id, client_id, sender_sid, status)
    VALUES (1, 1, 'XE00000000000000000000000000000001', 'pending'), (2, 2, 'XE00000000000000000000000000000002', 'pending');";

impl Field {
    /// The providers have so many companies, of which we have the first two.
    pub(super) async fn new(companies: u32) -> Self {
        let mut service = Service::new().await;
        // It is not the budget that is tried here, and nothing is due by itself.
        let settings = Arc::make_mut(&mut service.state.settings);
        settings.calls.dialog360_calls = 1000;
        settings.syncs.interval_minutes = 0;
        service.client.batch_execute(OURS).await.unwrap();
        let simulator = Simulator::start(World::sample(&Sample { companies })).await.unwrap();
        let mut accounts = [0; 3];
        for (at, (provider, fields)) in Sample::ACCOUNTS.into_iter().enumerate() {
            accounts[at] = add(&service, &simulator, provider, fields).await;
        }
        Self { service, simulator, accounts }
    }

    pub(super) fn meta(&self) -> i32 {
        self.accounts[1]
    }

    /// Asks for a sync, and works on everything that is due; gives the sync.
    pub(super) async fn sync(&self, account: i32, is_dry: bool) -> SyncRun {
        let id = self.request(account, is_dry).await;
        self.work().await;
        self.run(id).await
    }

    pub(super) async fn request(&self, account: i32, is_dry: bool) -> i64 {
        let name = "test".to_owned();
        let actor =
            Actor { kind: ActorKind::System, id: None, name, address: None, request_id: None };
        let asked =
            trunkline_server::syncs::request_sync(&self.service.state, &actor, account, is_dry);
        asked.await.unwrap().0.id
    }

    /// Works on everything that is due now.
    pub(super) async fn work(&self) -> usize {
        let mut worked = 0;
        while work_on_next(&self.service.state).await.unwrap().is_some() {
            worked += 1;
        }
        worked
    }

    /// Lets time go by, and does what is due then.
    pub(super) async fn after(&self, minutes: i64) -> usize {
        self.service.clock.advance(SignedDuration::from_mins(minutes));
        queue_syncs(&self.service.state).await.unwrap();
        self.work().await
    }

    pub(super) async fn run(&self, id: i64) -> SyncRun {
        let connection = self.service.state.store.connection().await.unwrap();
        find_sync(connection.executor(), id).await.unwrap().unwrap()
    }

    /// What a sync found, a line each.
    pub(super) async fn report(&self, run: i64) -> String {
        let query = "
            SELECT concat_ws(' ', kind, outcome, subject, subject_key, aspect,
                concat(coalesce(ours, '-'), ' | ', coalesce(theirs, '-')), '(' || provider_word || ')')
            FROM trunkline.sync_findings WHERE run_id = $1 ORDER BY subject_key, subject, aspect, id";
        let rows = self.service.client.query(query, &[&run]).await.unwrap();
        let mut report = String::new();
        for row in rows {
            writeln!(report, "{}", row.get::<_, &str>(0)).unwrap();
        }
        report
    }

    /// The lines of a query of one text.
    pub(super) async fn text(&self, query: &str) -> String {
        let rows = self.service.client.query(query, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, &str>(0)).collect::<Vec<_>>().join("\n")
    }

    /// The alerts that are not over.
    pub(super) async fn alerts(&self) -> String {
        self.text(
            "SELECT concat_ws(' ', rule, severity, provider, subject, subject_id, after)
            FROM trunkline.alerts WHERE resolved_at IS NULL ORDER BY 1",
        )
        .await
    }

    /// Lets requests to a path fail.
    pub(super) fn refuse(&self, path: &str, times: Option<u32>, status: u16, body: Value) {
        let words = Words { status, headers: std::collections::BTreeMap::new(), body };
        self.fault(path, times, FaultKind::Refuse(words));
    }

    pub(super) fn fault(&self, path: &str, times: Option<u32>, kind: FaultKind) {
        self.simulator.fault(Fault { method: None, path: path.to_owned(), times, kind });
    }

    /// Lets everything work again.
    pub(super) fn heal(&self) {
        self.simulator.forget_faults();
    }
}

/// A partner account at a simulated provider.
pub(super) async fn add(
    service: &Service,
    simulator: &Simulator,
    provider: &str,
    fields: &[(&str, &str)],
) -> i32 {
    let mut body: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    body.insert("provider".into(), provider.into());
    let key = service.api_key("admin", None).await;
    let added = service.call("POST", "/api/v1/partner-accounts", &key, &Value::Object(body)).await;
    assert_eq!(added.status.as_u16(), 201, "{}", added.body);
    let id = i32::try_from(added.json()["id"].as_i64().unwrap()).unwrap();
    let url = match provider {
        "360dialog" => simulator.dialog360_url(),
        "meta" => simulator.meta_url(),
        _ => simulator.twilio_url(),
    };
    let set = "
        UPDATE trunkline.partner_account_details SET base_url = $1 WHERE partner_configuration_id = $2";
    service.client.execute(set, &[&url.as_str(), &id]).await.unwrap();
    id
}
