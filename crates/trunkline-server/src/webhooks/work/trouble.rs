use jiff::SignedDuration;
use tracing::warn;
use trunkline_store::StoreError;
use trunkline_store::webhooks::{bury, list_due, lock_lane, postpone};

use crate::State;

/// No webhook.
pub(super) const NOBODY: i64 = -1;

/// The longest text of a reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// Whether it is no fault of what was worked on: the same may go through in a moment.
pub(super) fn is_passing(error: &StoreError) -> bool {
    match error {
        StoreError::Unavailable { .. } => true,
        StoreError::Constraint { .. } => false,
        other => other.is_passing(),
    }
}

/// Puts off a webhook that could not be worked on, or makes a dead letter of it; those behind it go on.
pub(super) async fn give_up_on(state: &State, lane: u8, webhook: i64, reason: &str) {
    if let Err(error) = note(state, lane, webhook, reason).await {
        warn!(%error, lane, webhook, "an attempt that failed could not be noted");
    }
}

async fn note(state: &State, lane: u8, webhook: i64, reason: &str) -> Result<(), StoreError> {
    let now = state.clock.now();
    let reason: String = reason.chars().filter(|c| *c != '\0').take(LONGEST_REASON).collect();
    let mut connection = state.webhooks.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    if !lock_lane(executor, lane).await? {
        return Ok(());
    }
    let due = list_due(executor, lane, now, 1).await?;
    let Some(due) = due.first().filter(|due| due.inbox_id == webhook) else { return Ok(()) };
    let attempts = due.attempts + 1;
    if attempts >= i32::from(state.settings.webhooks.attempts) {
        bury(executor, lane, webhook, &reason, now).await?;
        state.metrics.webhooks.worked(&[], 1);
    } else {
        let due_at = now.saturating_add(pause(attempts)).unwrap_or(now);
        postpone(executor, lane, webhook, due_at, &reason).await?;
    }
    transaction.commit().await
}

/// Two seconds, then twice as long each time, up to ten minutes.
fn pause(attempts: i32) -> SignedDuration {
    let doublings = u32::try_from(attempts).unwrap_or_default().min(20);
    SignedDuration::from_secs(2_i64.pow(doublings).min(600))
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let seconds = [1, 2, 3, 9, 10, 2000].map(|attempts| pause(attempts).as_secs());
        assert_eq!(seconds, [2, 4, 8, 512, 600, 600]);
    }
}
