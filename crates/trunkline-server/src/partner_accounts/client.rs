use std::sync::{Arc, OnceLock};

use trunkline_core::configuration::Providers;
use trunkline_providers::guard::Guard;
use trunkline_providers::http::{Http, Options};

use crate::Problem;

/// Three calls of a check fit into the time of one request.
const CALL_LIMIT: std::time::Duration = std::time::Duration::from_secs(8);

/// What calls the providers; its clones share their connections.
///
/// The HTTP client is made when it is first needed: reading the system's root certificates would
/// otherwise be a good part of the time and memory of the start.
#[derive(Clone)]
pub struct ProviderClient {
    guard: Guard,
    http: Arc<OnceLock<Http>>,
}

impl ProviderClient {
    /// As the configuration says.
    pub fn new(providers: &Providers) -> Self {
        let guard = Guard::new();
        let guard = if providers.allow_private_addresses { guard.allow_loopback() } else { guard };
        Self { guard, http: Arc::default() }
    }

    /// Which URLs may be called.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The client.
    pub(crate) fn http(&self) -> Result<&Http, Problem> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let options = Options { timeout: CALL_LIMIT, ..Options::default() };
        let made = Http::new(&options, self.guard.clone()).map_err(Problem::internal)?;
        Ok(self.http.get_or_init(|| made))
    }
}

impl std::fmt::Debug for ProviderClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderClient").finish_non_exhaustive()
    }
}
