use std::sync::Arc;

use trunkline_core::{Clock, Random};

use crate::{
    api::{Budget, NoBudget, Patience, Pressure, Repeat, budget::Unlimited},
    error::{Failure, Kind, ProviderError},
    exchange::{Dialect, Reply, exchange},
    http::{Call, Http},
};

/// What sends calls for one partner account: within its budgets, and again where that is safe.
#[derive(Clone)]
pub struct Caller {
    http: Http,
    clock: Clock,
    random: Random,
    budget: Arc<dyn Budget>,
    patience: Patience,
}

impl Caller {
    /// Without budgets; [`Caller::within`] gives some.
    pub fn new(http: Http, clock: Clock, random: Random) -> Self {
        Self { http, clock, random, budget: Arc::new(Unlimited), patience: Patience::default() }
    }

    /// Takes every call out of these budgets.
    #[must_use]
    pub fn within(mut self, budget: Arc<dyn Budget>) -> Self {
        self.budget = budget;
        self
    }

    /// Repeats as this says.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The client that sends.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Sends what `make` makes, within every budget that is named, and again where `repeat` allows it.
    pub(crate) async fn send(
        &self,
        dialect: &Dialect,
        budgets: &[&str],
        repeat: Repeat,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        let mut sent = 0;
        loop {
            let call = make();
            for name in budgets {
                self.take(dialect, call.name(), name).await?;
            }
            sent += 1;
            let answered = exchange(&self.http, &self.clock, dialect, call).await;
            self.listen(dialect, budgets, &answered).await;
            let error = match answered {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let wait = self.patience.wait(sent, &error, self.clock.now(), &self.random);
            match wait.filter(|_| repeat == Repeat::Safe) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    async fn take(
        &self,
        dialect: &Dialect,
        call: &'static str,
        name: &str,
    ) -> Result<(), ProviderError> {
        self.budget.take(name).await.map_err(|none| {
            let (kind, words) = match none {
                NoBudget::Until(until) => (
                    Kind::Throttled { until },
                    format!("our own budget `{name}` has no call left until {until}"),
                ),
                NoBudget::Unknown(reason) => {
                    (Kind::Transient, format!("our own budget `{name}` cannot be asked: {reason}"))
                }
            };
            ProviderError::unsent(dialect.provider, call, kind, Failure::Budget, words)
        })
    }

    /// Tells the budgets what the answer says about them.
    async fn listen(
        &self,
        dialect: &Dialect,
        budgets: &[&str],
        answered: &Result<Reply, ProviderError>,
    ) {
        let pressure = match answered {
            Ok(reply) => reply.usage(dialect).map(|percent| Pressure { percent, until: None }),
            Err(ProviderError { kind: Kind::Throttled { until }, .. }) => {
                Some(Pressure { percent: 100, until: Some(*until) })
            }
            Err(_) => None,
        };
        if let Some(pressure) = pressure {
            for name in budgets {
                self.budget.press(name, pressure).await;
            }
        }
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Caller").field("patience", &self.patience).finish_non_exhaustive()
    }
}
