use std::net::{IpAddr, Ipv6Addr};

use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use trunkline_store::sign_in_throttles::{
    Attempt, Subject, ThrottlePolicy, count_attempt, delete_old_throttles, delete_throttle,
    take_attempt_back,
};
use trunkline_store::{Executor, StoreError};

/// Five wrong guesses at an account, then pauses of 30 s, 1 min, 2 min … 15 min.
const ACCOUNT: ThrottlePolicy = ThrottlePolicy {
    free: 5,
    pause: SignedDuration::from_secs(30),
    longest: SignedDuration::from_mins(15),
    memory: SignedDuration::from_hours(24),
};

/// Twenty from an address, behind which there may be many people, then the same pauses.
const ADDRESS: ThrottlePolicy = ThrottlePolicy {
    free: 20,
    pause: SignedDuration::from_secs(30),
    longest: SignedDuration::from_mins(15),
    memory: SignedDuration::from_hours(1),
};

/// An attempt to prove who one is, which counts as wrong until it turns out right.
#[derive(Debug)]
pub(crate) struct Guess {
    account: Subject,
    address: Subject,
    /// Whether the audit log says it if it is wrong: of many it tells the first, and those that a
    /// pause follows.
    pub is_notable: bool,
}

/// Nothing is looked at before then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// Whole seconds, at least one.
    pub seconds: i64,
}

impl Guess {
    /// Counts an attempt at an account, whether there is such a one or not.
    pub(crate) async fn begin(
        executor: Executor<'_>,
        email: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Result<Self, Pause>, StoreError> {
        let account = Subject::Account(email.to_owned());
        let address = Subject::Address(network(address));
        let pause =
            |until: Timestamp| Pause { seconds: until.duration_since(now).as_secs().max(1) };
        // The address first: while it is paused, it must not make the account's pause longer.
        let is_notable = match count_attempt(executor, &address, ADDRESS, now).await? {
            Attempt::Refused { until } => return Ok(Err(pause(until))),
            Attempt::Allowed { pause_until, .. } => pause_until.is_some(),
        };
        match count_attempt(executor, &account, ACCOUNT, now).await? {
            Attempt::Refused { until } => {
                take_attempt_back(executor, &address).await?;
                Ok(Err(pause(until)))
            }
            Attempt::Allowed { number, pause_until } => {
                let is_notable = is_notable || number == 1 || pause_until.is_some();
                Ok(Ok(Self { account, address, is_notable }))
            }
        }
    }

    /// It was right, but that is not all: what was wrong before stays counted.
    pub(crate) async fn was_right(self, executor: Executor<'_>) -> Result<(), StoreError> {
        take_attempt_back(executor, &self.address).await?;
        take_attempt_back(executor, &self.account).await
    }

    /// Whoever it was is who they say.
    pub(crate) async fn was_all(
        self,
        executor: Executor<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        take_attempt_back(executor, &self.address).await?;
        delete_throttle(executor, &self.account).await?;
        delete_old_throttles(executor, now - ACCOUNT.memory).await
    }
}

impl Pause {
    /// The same in a header.
    pub(crate) fn told_to_programs(self, mut response: Response) -> Response {
        response.headers_mut().insert(RETRY_AFTER, self.seconds.into());
        response
    }

    /// What the form says.
    pub(crate) fn message(self) -> String {
        let wait = match self.seconds {
            1 => "one second".to_owned(),
            seconds @ 2..=90 => format!("{seconds} seconds"),
            seconds => format!("{} minutes", (seconds + 59) / 60),
        };
        format!("Too many attempts. Try again in {wait}.")
    }
}

/// Whoever has one IPv6 address has a whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{Pause, network};

    #[test]
    fn addresses_of_one_network_count_together() {
        let of = |address: &str| network(address.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn a_pause_says_how_long_it_is() {
        let said = |seconds| Pause { seconds }.message();
        assert_eq!(said(30), "Too many attempts. Try again in 30 seconds.");
        assert_eq!(said(121), "Too many attempts. Try again in 3 minutes.");
    }
}
