use jiff::{SignedDuration, Timestamp};

use crate::simulator::{scene::Scene, webhooks::Webhook};

/// What happens later, by the simulator's clock.
pub(crate) enum Step {
    /// A webhook is sent.
    Deliver(Webhook),
    /// The world changes.
    Change(Box<dyn FnOnce(&mut Scene<'_>) + Send>),
}

/// What happens later, in order of time, then of asking.
#[derive(Default)]
pub(crate) struct Schedule {
    asked: u64,
    posted: u64,
    due: Vec<(Timestamp, u64, Step)>,
}

impl Schedule {
    pub(crate) fn at(&mut self, time: Timestamp, step: Step) {
        self.asked += 1;
        self.due.push((time, self.asked, step));
    }

    /// The next step whose time has come.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<Step> {
        let next = self.due.iter().enumerate().filter(|(_, (time, ..))| *time <= now);
        let (index, _) = next.min_by_key(|(_, (time, asked, _))| (*time, *asked))?;
        Some(self.due.swap_remove(index).2)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.due.clear();
    }
}

impl Scene<'_> {
    /// Changes the world some seconds from now.
    pub(crate) fn later(
        &mut self,
        seconds: i64,
        change: impl FnOnce(&mut Scene<'_>) + Send + 'static,
    ) {
        let at = self.now + SignedDuration::from_secs(seconds);
        self.schedule.at(at, Step::Change(Box::new(change)));
    }

    /// Sends a webhook, with what is to go wrong with it.
    pub(crate) fn post(&mut self, mut webhook: Webhook) {
        let quirks = &self.world.webhooks;
        let mut seconds = quirks.delay_seconds;
        if quirks.out_of_order {
            self.schedule.posted += 1;
            // Every other one is overtaken by the next.
            seconds += if self.schedule.posted % 2 == 1 { 2 } else { 0 };
        }
        if quirks.wrong_signature {
            webhook.spoil_signature();
        }
        let at = self.now + SignedDuration::from_secs(seconds);
        for _ in 0..=quirks.duplicates {
            self.schedule.at(at, Step::Deliver(webhook.clone()));
        }
    }
}
