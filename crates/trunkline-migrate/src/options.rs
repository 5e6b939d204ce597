use std::time::Duration;

use tokio::sync::watch;

/// How the engine behaves; the defaults are right for a production database.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long one lock may be waited for, and so hold up the platform behind it. Default 2 s.
    pub lock_timeout: Duration,
    /// How long all attempts of a migration may take together before it gives up. Default 60 s.
    pub lock_budget: Duration,
    /// How long to wait for another runner. Default 300 s.
    pub patience: Duration,
    /// The platform's own ledger, to be kept in agreement with ours.
    pub platform_ledger: PlatformLedger,
    /// Replace `${NAME}` by the environment's value; off by default.
    pub substitute: bool,
    /// Asks a run to stop.
    pub interrupt: Interrupt,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(2),
            lock_budget: Duration::from_mins(1),
            patience: Duration::from_mins(5),
            platform_ledger: PlatformLedger::Auto,
            substitute: false,
            interrupt: Interrupt::default(),
        }
    }
}

/// The ledger of the platform's own migration runner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PlatformLedger {
    /// `public.migrations`, where it exists with the columns filename, checksum and success.
    #[default]
    Auto,
    /// Not looked at and not written.
    Off,
    /// This table; an error where it does not exist.
    Table(String),
}

impl std::str::FromStr for PlatformLedger {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "auto" => Self::Auto,
            "off" => Self::Off,
            table => Self::Table(table.to_owned()),
        })
    }
}

/// A request to stop that a run listens to; the default never stops.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Option<watch::Receiver<bool>>);

impl Interrupt {
    /// Stops when `receiver` turns true.
    pub fn new(receiver: watch::Receiver<bool>) -> Self {
        Self(Some(receiver))
    }

    /// Whether someone asked to stop.
    pub fn is_requested(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| *receiver.borrow())
    }

    /// Returns when someone asks to stop.
    pub async fn requested(&self) {
        if let Some(receiver) = &self.0
            && receiver.clone().wait_for(|asked| *asked).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
