use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use trunkline_core::Clock;

use crate::{
    http::Http,
    simulator::{
        faults::Faults,
        log::{Log, Logged},
        request::Request,
        scene::Scene,
        schedule::Schedule,
        webhooks::Delivered,
        world::World,
    },
};

/// What all requests share.
pub(crate) struct Context {
    pub(crate) clock: Clock,
    /// Asks callbacks.
    pub(crate) http: Http,
    /// Sends webhooks, with a provider's patience.
    pub(crate) webhooks: Http,
    /// `http://127.0.0.1:8650`.
    pub(crate) base: String,
    /// What `reset` goes back to.
    pub(crate) seed: Mutex<World>,
    pub(crate) world: Mutex<World>,
    pub(crate) schedule: Mutex<Schedule>,
    /// Somebody asked for something later.
    pub(crate) asked: Notify,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) log: Mutex<Log>,
    pub(crate) delivered: Mutex<Vec<Delivered>>,
}

impl Context {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Handles a request with the world to itself.
    pub(crate) fn meet<T>(&self, request: &Request, handle: impl FnOnce(&mut Scene<'_>) -> T) -> T {
        let now = self.now();
        let mut world = held(&self.world);
        let mut schedule = held(&self.schedule);
        let (world, schedule) = (&mut *world, &mut *schedule);
        let said = handle(&mut Scene { world, request, schedule, now, base: &self.base });
        self.asked.notify_one();
        said
    }

    /// Lets the world change by itself.
    pub(crate) fn step<T>(&self, change: impl FnOnce(&mut Scene<'_>) -> T) -> T {
        self.meet(&Request::default(), change)
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
        self.asked.notify_one();
    }

    pub(crate) fn reset(&self) {
        let mut seed = held(&self.seed).clone();
        let mut world = held(&self.world);
        // What is handed out from now on was not handed out before.
        seed.issue = std::mem::take(&mut world.issue);
        *world = seed;
        drop(world);
        held(&self.schedule).clear();
        held(&self.faults).0.clear();
        held(&self.log).clear();
        held(&self.delivered).clear();
    }

    pub(crate) fn note(&self, request: &Request, status: u16) {
        held(&self.log).add(Logged {
            at: self.now(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            status,
        });
    }
}

/// A lock that a panic elsewhere does not poison.
pub(crate) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
