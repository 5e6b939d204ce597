//! Syncs: what is asked of the providers to compare it with what is written down here. A run is its place in the queue,
//! and what it found is its report.

mod findings;
mod hints;
mod list;
mod ours;
mod queue;
mod upkeep;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::syncs::{SyncKind, SyncState};

pub use findings::{NewFinding, SyncFinding, insert_sync_findings, list_sync_findings};
pub use hints::{
    Hint, delete_channel_hint, delete_hints, insert_channel_hint, list_hints, move_hint,
};
pub use list::{SyncFilter, find_sync, list_syncs};
pub use ours::{
    OurChannel, OurClient, find_our_channel, find_our_client, list_channel_homes,
    list_our_channels, list_our_clients, set_sender_sid,
};
pub use queue::{
    Claim, Progress, claim_sync, delete_idle_sync, end_sync, hold_sync, insert_sync, keep_lease,
    put_off_sync, release_sync,
};
pub use upkeep::{count_queued_syncs, delete_old_syncs, queue_due_syncs, queue_hinted_syncs};

use crate::StoreError;
use crate::row::word;

/// A sync of one partner account.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncRun {
    /// Its id; later ones have greater ones.
    pub id: i64,
    /// The partner account.
    pub account_id: i32,
    /// Its provider.
    pub provider: Provider,
    /// The provider's id of the account.
    pub partner_id: String,
    /// What the administrators call it.
    pub account_label: Option<String>,
    /// How much is compared.
    pub kind: SyncKind,
    /// Whether it only reports.
    pub is_dry: bool,
    /// `schedule`, `webhooks`, or whoever asked for it.
    pub asked_by: String,
    /// How far it is.
    pub state: SyncState,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Not before this.
    pub due_at: Timestamp,
    /// When somebody first began.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// How often it was begun.
    pub attempts: i32,
    /// The clients up to this one are done.
    pub after_key: Option<String>,
    /// So many clients were compared.
    pub clients: i32,
    /// So many channels were.
    pub channels: i32,
    /// So many differences were found.
    pub findings: i32,
    /// So many of them were, or would be, applied.
    pub changes: i32,
    /// Why it failed, or was put off.
    pub error: Option<SyncError>,
    /// Until when it pauses, because its provider does not answer.
    pub paused_until: Option<Timestamp>,
}

/// Why a sync failed, or was put off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncError {
    /// `authentication`, `permission`, `throttled`, `transient`, `invalid`, `not_found` or `internal`.
    pub kind: String,
    /// What was asked, and what was answered.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Everything of a run; `paused_until` is of the outage of its provider.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
        SELECT run.*, account.provider, account.partner_id, details.label AS account_label,
            CASE WHEN run.state = 'queued' THEN outage.next_attempt_at END AS paused_until
        FROM trunkline.sync_runs AS run
        JOIN public.partner_configurations AS account ON account.id = run.account_id
        LEFT JOIN trunkline.partner_account_details AS details ON details.partner_configuration_id = account.id
        LEFT JOIN trunkline.provider_outages AS outage
            ON outage.provider = account.provider AND outage.ended_at IS NULL",
            $rest
        )
    };
}
pub(crate) use select;

impl SyncRun {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let error: Option<Value> = row.get("error");
        Ok(Self {
            id: row.get("id"),
            account_id: row.get("account_id"),
            provider: word(row, "provider")?,
            partner_id: row.get("partner_id"),
            account_label: row.get("account_label"),
            kind: word(row, "kind")?,
            is_dry: row.get("is_dry"),
            asked_by: row.get("asked_by"),
            state: word(row, "state")?,
            requested_at: row.get("requested_at"),
            due_at: row.get("due_at"),
            started_at: row.get("started_at"),
            ended_at: row.get("ended_at"),
            attempts: row.get("attempts"),
            after_key: row.get("after_key"),
            clients: row.get("clients"),
            channels: row.get("channels"),
            findings: row.get("findings"),
            changes: row.get("changes"),
            error: error.and_then(|error| serde_json::from_value(error).ok()),
            paused_until: row.get("paused_until"),
        })
    }

    /// What people know the account by.
    pub fn account_name(&self) -> &str {
        self.account_label.as_deref().filter(|label| !label.is_empty()).unwrap_or(&self.partner_id)
    }
}
