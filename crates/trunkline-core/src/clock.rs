use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

/// What tells the time; a parameter wherever time matters, so that tests decide what time it is.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// `None`: the system's time.
    set: Option<Arc<Mutex<Timestamp>>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `time` until it is told to go on; its clones are the same clock.
    pub fn standing(time: Timestamp) -> Self {
        Self { set: Some(Arc::new(Mutex::new(time))) }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match &self.set {
            None => Timestamp::now(),
            Some(time) => *time.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Puts a standing clock forward; the system's is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(time) = &self.set {
            *time.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
        }
    }
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
}
