use std::{future::Future, pin::Pin};

use jiff::Timestamp;

/// What a [`Budget`] is asked, until it is answered.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The rate budgets of one partner account, shared by everybody who calls for it.
pub trait Budget: Send + Sync {
    /// Takes one call out of the budget of this name, and waits for it when there is none at once.
    fn take<'a>(&'a self, name: &'a str) -> Pending<'a, Result<(), NoBudget>>;

    /// Hears what an answer told about the budget of this name.
    fn press<'a>(&'a self, name: &'a str, pressure: Pressure) -> Pending<'a, ()>;
}

/// What an answer told about a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pressure {
    /// How much of the provider's own budget is used up, in percent (Meta's usage headers); 100 for a throttled call.
    pub percent: u64,
    /// No call will succeed before this moment.
    pub until: Option<Timestamp>,
}

/// The budget has no call left within the time that may be waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoBudget {
    /// There will be one at this moment.
    Until(Timestamp),
    /// The budget cannot be asked: the reason.
    Unknown(String),
}

/// No limits: for a single check or a test.
pub(super) struct Unlimited;

impl Budget for Unlimited {
    fn take<'a>(&'a self, _: &'a str) -> Pending<'a, Result<(), NoBudget>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn press<'a>(&'a self, _: &'a str, _: Pressure) -> Pending<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}
