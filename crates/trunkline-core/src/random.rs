use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng, TryRng};
use rand_core::{TryCryptoRng, UnwrapErr};

/// Where random bits come from; a parameter wherever they matter, so that tests can repeat them.
#[derive(Debug, Clone, Default)]
pub struct Random {
    /// `None`: the operating system's generator.
    seeded: Option<Arc<Mutex<StdRng>>>,
}

impl Random {
    /// The operating system's generator.
    pub fn system() -> Self {
        Self::default()
    }

    /// The same bits every time: for tests alone. Its clones share one sequence.
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    /// A token of 256 random bits: 43 characters of base64url.
    pub fn token(&self) -> String {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Fills a buffer.
    pub fn fill(&self, bytes: &mut [u8]) {
        let Ok(()) = self.clone().try_fill_bytes(bytes);
    }

    fn with<T>(&self, draw: impl FnOnce(&mut dyn rand_core::Rng) -> T) -> T {
        match &self.seeded {
            None => draw(&mut UnwrapErr(SysRng)),
            Some(seeded) => draw(&mut *seeded.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

impl TryRng for Random {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.with(|source| source.next_u32()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.with(|source| source.next_u64()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.with(|source| source.fill_bytes(bytes));
        Ok(())
    }
}

impl TryCryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_gives_the_same_tokens_again_and_the_system_never() {
        assert_eq!(Random::seeded(1).token(), Random::seeded(1).token());
        assert_ne!(Random::seeded(1).token(), Random::seeded(2).token());
        assert_ne!(Random::system().token(), Random::system().token());
        let token = Random::system().token();
        assert_eq!(token.len(), 43, "{token}");
    }
}
