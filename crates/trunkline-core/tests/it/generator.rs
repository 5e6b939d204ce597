//! Randomness that a test chooses.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Gives these bytes over and over.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl TryRng for Bytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0[0];
            self.0.rotate_left(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Bytes {}
