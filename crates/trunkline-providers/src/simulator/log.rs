use jiff::Timestamp;
use serde::Serialize;

/// How many requests are remembered.
const MOST: usize = 10_000;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// When, by the simulator's clock.
    pub at: Timestamp,
    /// `GET`.
    pub method: String,
    /// With the provider's prefix: `/meta/v25.0/debug_token`.
    pub path: String,
    /// As it came, with the secrets that stand in it.
    pub query: String,
    /// The answer's status; 0 when the connection was closed without one.
    pub status: u16,
}

/// The newest requests.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<Logged>);

impl Log {
    pub(crate) fn add(&mut self, entry: Logged) {
        if self.0.len() >= MOST {
            self.0.drain(..MOST / 10);
        }
        self.0.push(entry);
    }

    pub(crate) fn entries(&self) -> &[Logged] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
