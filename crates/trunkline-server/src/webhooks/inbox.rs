use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use trunkline_core::events::Source;
use trunkline_store::webhooks::{NewWebhook, Received, add_partition, insert_webhooks};
use trunkline_store::{Store, StoreError};

use super::work::Lanes;
use crate::metrics::Metrics;

/// So many webhooks wait at most, and so many bytes of theirs: who comes then is told to come again.
const MOST_WAITING: usize = 4096;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// So many go into one statement at most.
const GROUP: usize = 512;

/// A statement that takes longer has failed, as far as the provider is concerned.
const PATIENCE: Duration = Duration::from_secs(10);

/// A webhook that was verified.
#[derive(Debug)]
pub(super) struct Verified {
    pub account_id: i32,
    pub source: Source,
    pub received_at: Timestamp,
    pub digest: [u8; 16],
    pub lanes: Vec<u8>,
    pub content_type: Option<String>,
    pub delivery: Option<String>,
    pub body: Bytes,
}

/// Why a webhook is not stored; nobody may say that it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotStored {
    /// Too many wait.
    Full,
    /// The database does not take it.
    Failed,
}

struct Waiting {
    webhook: Verified,
    answer: oneshot::Sender<bool>,
    _bytes: OwnedSemaphorePermit,
}

/// Stores webhooks in groups: whatever comes while a group is being committed is the next one. Nothing
/// waits for a group to fill.
#[derive(Clone)]
pub(super) struct Inbox {
    sender: mpsc::Sender<Waiting>,
    bytes: Arc<Semaphore>,
}

impl Inbox {
    pub(super) fn start(store: Store, metrics: Arc<Metrics>, lanes: Lanes) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(gather(receiver, store, metrics, lanes));
        Self { sender, bytes: Arc::new(Semaphore::new(MOST_BYTES)) }
    }

    /// Returns when the webhook is committed.
    pub(super) async fn store(&self, webhook: Verified) -> Result<(), NotStored> {
        let length = u32::try_from(webhook.body.len()).unwrap_or(u32::MAX);
        let bytes = Arc::clone(&self.bytes).try_acquire_many_owned(length);
        let bytes = bytes.map_err(|_| NotStored::Full)?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { webhook, answer, _bytes: bytes };
        self.sender.try_send(waiting).map_err(|_| NotStored::Full)?;
        match answered.await {
            Ok(true) => Ok(()),
            _ => Err(NotStored::Failed),
        }
    }
}

/// Takes what waits, a group at a time, until nobody is left who could send.
///
/// One statement at a time: two halve the groups, and were measured to store a tenth less.
async fn gather(
    mut receiver: mpsc::Receiver<Waiting>,
    store: Store,
    metrics: Arc<Metrics>,
    lanes: Lanes,
) {
    let mut group = Vec::new();
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        commit(&store, std::mem::take(&mut group), &metrics, &lanes).await;
    }
}

async fn commit(store: &Store, group: Vec<Waiting>, metrics: &Metrics, lanes: &Lanes) {
    let stored = tokio::time::timeout(PATIENCE, insert(store, &group)).await;
    let stored = stored.unwrap_or_else(|_| {
        let reason = format!("there was no answer within {} s", PATIENCE.as_secs());
        Err(StoreError::Unavailable { reason })
    });
    match &stored {
        Ok(received) => {
            metrics.webhooks.stored(group.len(), received.stored);
            lanes.add(group.iter().flat_map(|waiting| waiting.webhook.lanes.iter().copied()));
        }
        Err(error) => {
            tracing::error!(%error, webhooks = group.len(), "webhooks were not stored, and refused");
        }
    }
    for waiting in group {
        // Who asked may be gone.
        let _ = waiting.answer.send(stored.is_ok());
    }
}

async fn insert(store: &Store, group: &[Waiting]) -> Result<Received, StoreError> {
    let connection = store.connection().await?;
    let executor = connection.executor();
    let webhooks: Vec<NewWebhook<'_>> = group.iter().map(|it| new(&it.webhook)).collect();
    let mut stored = 0;
    // One day, but for the moment of midnight.
    for of_a_day in webhooks.chunk_by(|one, next| day(one.received_at) == day(next.received_at)) {
        let day = day(of_a_day[0].received_at);
        let received = match insert_webhooks(executor, day, of_a_day).await {
            // The clock was set, or the service slept through midnight.
            Err(error) if error.is_without_partition() => {
                add_partition(executor, day).await?;
                insert_webhooks(executor, day, of_a_day).await
            }
            received => received,
        };
        stored += received?.stored;
    }
    Ok(Received { stored })
}

fn new(webhook: &Verified) -> NewWebhook<'_> {
    NewWebhook {
        account_id: webhook.account_id,
        source: webhook.source,
        received_at: webhook.received_at,
        digest: &webhook.digest,
        lanes: &webhook.lanes,
        content_type: webhook.content_type.as_deref(),
        delivery: webhook.delivery.as_deref(),
        body: &webhook.body,
    }
}

/// The day of an instant in UTC, whose partition holds it.
pub(super) fn day(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}
