use std::time::Duration;

use trunkline_core::Provider;
use trunkline_core::configuration::Calls;
use trunkline_providers::api::{Budget, NoBudget, Pending, Pressure};
use trunkline_providers::{dialog360, meta};
use trunkline_store::rate_budgets::{RateLimit, Turn, press_budget, take_turn};
use trunkline_store::{Store, StoreError};

/// How far apart calls are while the provider's own budget is nearly used up.
const SLOW_PAUSE: Duration = Duration::from_secs(5);

/// For how long they are, unless the next answer says so again.
const SLOW_FOR: Duration = Duration::from_mins(2);

/// 360dialog tells no limit of its Messaging API: so many calls in a second are ours.
const MESSAGING: (u32, Duration) = (10, Duration::from_secs(1));

/// Meta registers and deregisters a number so often in so long a time, then for as long not at all.
const REGISTRATIONS: (u32, Duration) = (10, Duration::from_hours(72));

/// A long limit is kept as a shorter one of the same rate: this is how many of its calls are remembered at most.
const MOST_TURNS: u32 = 100;

/// With what the names of the budgets of numbers begin, by which their messages are counted.
pub(crate) const MESSAGES: &str = "messages:";

/// The budgets of one partner account, as rows that all replicas share.
pub(crate) struct SharedBudget {
    pub(super) store: Store,
    pub(super) settings: Calls,
    pub(super) account_id: i32,
    pub(super) provider: Provider,
    pub(super) patience: Duration,
}

impl SharedBudget {
    fn limit(&self, name: &str) -> RateLimit {
        let settings = &self.settings;
        let (calls, within) = match self.provider {
            Provider::Dialog360 if name == dialog360::MESSAGING => MESSAGING,
            _ if name.starts_with(MESSAGES) => {
                (settings.messages_per_second.into(), Duration::from_secs(1))
            }
            Provider::Dialog360 => {
                let within = Duration::from_secs(settings.dialog360_seconds.into());
                (settings.dialog360_calls.into(), within)
            }
            Provider::Meta if name.starts_with(meta::REGISTRATION) => REGISTRATIONS,
            Provider::Meta => (settings.meta_calls_per_hour.max(1), Duration::from_hours(1)),
            Provider::Twilio => (settings.twilio_calls_per_second.into(), Duration::from_secs(1)),
        };
        // So many calls in a time are no more than the same share of them in a share of it.
        let kept = calls.clamp(1, MOST_TURNS);
        let within = within.mul_f64(f64::from(kept) / f64::from(calls.max(1)));
        RateLimit { calls: u16::try_from(kept).unwrap_or(u16::MAX), within, slow_pause: SLOW_PAUSE }
    }

    async fn turn(&self, name: &str) -> Result<Turn, StoreError> {
        let connection = self.store.connection().await?;
        let (limit, patience) = (self.limit(name), self.patience);
        take_turn(connection.executor(), self.account_id, name, limit, patience).await
    }

    async fn slow_down(&self, name: &str, pressure: Pressure) -> Result<(), StoreError> {
        let percent = i32::try_from(pressure.percent).unwrap_or(i32::MAX);
        let connection = self.store.connection().await?;
        let (id, until) = (self.account_id, pressure.until);
        press_budget(connection.executor(), id, name, percent, until, SLOW_FOR).await
    }
}

impl Budget for SharedBudget {
    fn take<'a>(&'a self, name: &'a str) -> Pending<'a, Result<(), NoBudget>> {
        Box::pin(async move {
            match self.turn(name).await {
                Ok(Turn::At(_, wait)) => {
                    tokio::time::sleep(wait).await;
                    Ok(())
                }
                Ok(Turn::NotBefore(turn)) => Err(NoBudget::Until(turn)),
                Err(error) => Err(NoBudget::Unknown(error.to_string())),
            }
        })
    }

    fn press<'a>(&'a self, name: &'a str, pressure: Pressure) -> Pending<'a, ()> {
        Box::pin(async move {
            let is_pressed = pressure.percent >= u64::from(self.settings.meta_slow_from_percent);
            if !is_pressed && pressure.until.is_none() {
                return;
            }
            if let Err(error) = self.slow_down(name, pressure).await {
                tracing::warn!(%error, budget = name, "a provider's word on its budget was lost");
            }
        })
    }
}
