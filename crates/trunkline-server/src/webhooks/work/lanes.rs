use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The lanes in which something may be due, as far as this process knows; its clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lanes {
    known: Arc<Mutex<Known>>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Known {
    due: BTreeSet<u8>,
    taken: BTreeSet<u8>,
    last: u8,
}

impl Lanes {
    /// Notes that something came.
    pub(crate) fn add(&self, lanes: impl IntoIterator<Item = u8>) {
        let mut known = self.lock();
        let before = known.due.len();
        known.due.extend(lanes);
        if known.due.len() > before {
            drop(known);
            self.changed.notify_one();
        }
    }

    /// A lane that no other worker of this process has, each in its turn.
    pub(super) fn take(&self) -> Option<u8> {
        let mut known = self.lock();
        let is_free = |lane: &&u8| !known.taken.contains(*lane);
        let after = known.due.range(known.last.saturating_add(1)..).find(is_free);
        let lane = *after.or_else(|| known.due.iter().find(is_free))?;
        known.due.remove(&lane);
        known.taken.insert(lane);
        known.last = lane;
        let more = !known.due.is_empty();
        drop(known);
        if more {
            self.changed.notify_one();
        }
        Some(lane)
    }

    pub(super) fn give_back(&self, lane: u8) {
        let mut known = self.lock();
        known.taken.remove(&lane);
        let more = !known.due.is_empty();
        drop(known);
        if more {
            self.changed.notify_one();
        }
    }

    /// Returns when there may be a lane to take.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Lanes;

    #[test]
    fn a_lane_is_with_one_worker_at_a_time_and_every_lane_has_its_turn() {
        let lanes = Lanes::default();
        lanes.add([3, 1, 2]);
        assert_eq!([lanes.take(), lanes.take()], [Some(1), Some(2)]);
        // More came in a lane that is taken: whoever has it is told when it is given back.
        lanes.add([1]);
        assert_eq!([lanes.take(), lanes.take()], [Some(3), None]);
        lanes.give_back(1);
        assert_eq!([lanes.take(), lanes.take()], [Some(1), None]);
    }
}
