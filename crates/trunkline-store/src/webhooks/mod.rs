//! The inbox of webhooks: what came, what of it waits to be worked on, what could not be, and what waits
//! for a client or channel.

mod accounts;
mod counts;
mod list;
mod partitions;
mod quarantine;
mod queue;
mod receive;
mod replaced_secrets;
mod replay;
mod state;

pub use accounts::{ReceivingAccount, list_receiving_accounts, list_subaccount_tokens};
pub use counts::{WebhookCounts, count_webhooks};
pub use list::{Webhook, WebhookFilter, count_webhooks_like, find_webhook, list_webhooks};
pub use partitions::{add_partition, drop_partition};
pub use quarantine::{Quarantined, insert_quarantined, release_quarantined};
pub use queue::{
    Claimed, MOST_BYTES, bury, delete_from_queue, delete_orphans, list_due, list_due_lanes,
    lock_lane, postpone,
};
pub use receive::{NewWebhook, Received, insert_webhooks};
pub use replaced_secrets::{
    ReplacedSecret, delete_replaced_secrets, insert_replaced_secret, list_replaced_secrets,
    reserve_replaced_secret,
};
pub use replay::{Replayed, replay_webhook, replay_webhooks};
pub use state::WebhookState;
