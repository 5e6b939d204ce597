use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Ids and secrets that the providers hand out: different from one run to the next where the clocks differ, so that
/// a database that outlives the simulator does not take new things for old ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Issue {
    salt: i64,
    given: u64,
}

impl Issue {
    pub(crate) fn salted(salt: i64) -> Self {
        Self { salt, given: 0 }
    }

    fn next(&mut self) -> [u8; 32] {
        self.given += 1;
        Sha256::digest(format!("{}/{}", self.salt, self.given)).into()
    }

    /// 64 hexadecimal digits.
    pub(crate) fn hex(&mut self) -> String {
        hex(&self.next())
    }

    /// A decimal id of 15 digits, as Meta's.
    pub(crate) fn number(&mut self) -> String {
        let drawn = self.next().iter().take(7).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        (100_000_000_000_000 + drawn % 900_000_000_000_000).to_string()
    }

    /// Six letters and digits and a suffix, as 360dialog's ids.
    pub(crate) fn short(&mut self, suffix: &str) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        let drawn = self.next();
        let letters = drawn.iter().take(6);
        let letters = letters.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        letters.chain(suffix.chars()).collect()
    }

    /// A prefix and 32 hexadecimal digits, as Twilio's SIDs.
    pub(crate) fn sid(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", &self.hex()[..32])
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
