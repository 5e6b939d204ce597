use std::time::Duration;

use jiff::Timestamp;

use trunkline_core::Random;

use crate::error::{Kind, ProviderError};

/// Whether a call may be sent a second time when nobody knows what became of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It only reads, or twice is the same as once.
    Safe,
    /// It makes something, revokes something, or counts against a quota.
    Never,
}

/// How often a call is repeated, and after which waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often a call is sent at most.
    pub attempts: u32,
    /// The wait before the second attempt; each further one waits twice as long.
    pub first_wait: Duration,
    /// The longest wait, also for a throttled call: one that must wait longer fails.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
        }
    }
}

impl Patience {
    /// How long to wait before the next attempt, `sent` having failed; `None`: there is none.
    pub(super) fn wait(
        &self,
        sent: u32,
        error: &ProviderError,
        now: Timestamp,
        random: &Random,
    ) -> Option<Duration> {
        if sent >= self.attempts {
            return None;
        }
        match error.kind {
            Kind::Transient => {
                let doubled = self.first_wait.saturating_mul(1 << sent.saturating_sub(1).min(16));
                Some(jittered(doubled.min(self.longest_wait), random))
            }
            Kind::Throttled { until } => {
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                (wait <= self.longest_wait).then(|| wait + jittered(self.first_wait, random))
            }
            _ => None,
        }
    }
}

/// Between half of a wait and all of it, so that those who failed together do not come back together.
fn jittered(wait: Duration, random: &Random) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    wait.mul_f64(0.5 + f64::from(byte[0]) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Failure, Provider};

    fn error(kind: Kind) -> ProviderError {
        ProviderError::unsent(Provider::Meta, "test", kind, Failure::Answered, "words")
    }

    #[test]
    fn waits_double_with_jitter_up_to_the_longest_and_end() {
        let patience = Patience { attempts: 20, ..Patience::default() };
        let random = Random::seeded(1);
        let mut sum = Duration::ZERO;
        for sent in 1..20 {
            let wait = patience
                .wait(sent, &error(Kind::Transient), Timestamp::UNIX_EPOCH, &random)
                .unwrap();
            let whole = Duration::from_millis(500 << (sent - 1).min(4)).min(patience.longest_wait);
            assert!(wait >= whole / 2 && wait <= whole, "{sent}: {wait:?} of {whole:?}");
            sum += wait;
        }
        assert!(sum > Duration::from_mins(1));
        assert_eq!(
            patience.wait(20, &error(Kind::Transient), Timestamp::UNIX_EPOCH, &random),
            None
        );
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        let patience = Patience::default();
        let (random, now) = (Random::seeded(1), Timestamp::UNIX_EPOCH);
        let until = |seconds| Kind::Throttled { until: Timestamp::from_second(seconds).unwrap() };
        for kind in [Kind::Authentication, Kind::Permission, Kind::Invalid, Kind::NotFound] {
            assert_eq!(patience.wait(1, &error(kind), now, &random), None);
        }
        assert_eq!(patience.wait(1, &error(until(60)), now, &random), None);
        assert!(patience.wait(1, &error(until(5)), now, &random).unwrap() > Duration::from_secs(5));
        assert!(
            patience.wait(1, &error(until(-5)), now, &random).unwrap() < Duration::from_secs(1)
        );
    }
}
