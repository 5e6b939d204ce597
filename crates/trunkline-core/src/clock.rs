use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

/// What tells the time; a parameter wherever time matters, so that tests decide what time it is.
#[derive(Debug, Clone, Default)]
pub struct Clock(Hand);

#[derive(Debug, Clone, Default)]
enum Hand {
    #[default]
    System,
    Standing(Arc<Mutex<Timestamp>>),
    Ahead(Arc<Mutex<SignedDuration>>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `time` until it is told to go on; its clones are the same clock.
    pub fn standing(time: Timestamp) -> Self {
        Self(Hand::Standing(Arc::new(Mutex::new(time))))
    }

    /// The system's clock, until it is put forward; it goes on from there, and its clones are the same clock.
    pub fn adjustable() -> Self {
        Self(Hand::Ahead(Arc::new(Mutex::new(SignedDuration::ZERO))))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Hand::System => Timestamp::now(),
            Hand::Standing(time) => *held(time),
            Hand::Ahead(by) => Timestamp::now().saturating_add(*held(by)).unwrap_or(Timestamp::MAX),
        }
    }

    /// Puts a standing or adjustable clock forward; the system's is left alone.
    pub fn advance(&self, by: SignedDuration) {
        match &self.0 {
            Hand::System => {}
            Hand::Standing(time) => *held(time) += by,
            Hand::Ahead(ahead) => *held(ahead) += by,
        }
    }
}

fn held<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Clock;

    #[test]
    fn a_standing_clock_goes_on_when_it_is_told() {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let same = clock.clone();
        clock.advance(SignedDuration::from_secs(5));
        assert_eq!(same.now(), Timestamp::from_second(5).unwrap());
    }
    #[test]
    fn an_adjustable_clock_runs_on_from_where_it_was_put() {
        let (clock, before) = (Clock::adjustable(), Timestamp::now());
        clock.clone().advance(SignedDuration::from_hours(24));
        let ahead = clock.now().duration_since(before);
        assert!(ahead >= SignedDuration::from_hours(24), "{ahead}");
        assert!(ahead < SignedDuration::from_hours(25), "{ahead}");
    }
}
