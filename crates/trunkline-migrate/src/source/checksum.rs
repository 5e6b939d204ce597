use std::fmt;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a migration's text, twice: normalised, which decides, and raw.
///
/// The normalised text has LF line ends, no byte order mark, no trailing blanks on a line and no
/// trailing empty lines, so that an editor or a checkout on Windows changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checksum {
    /// Over the normalised text.
    pub normalised: Digest,
    /// Over the bytes of the file, which the platform's own ledger keeps.
    pub raw: Digest,
}

impl Checksum {
    /// Hashes `text` as it was read.
    pub fn of(text: &str) -> Self {
        let raw = Digest::of(text);
        let normalised = normalise(text);
        let normalised = if normalised == text { raw } else { Digest::of(&normalised) };
        Self { normalised, raw }
    }
}

pub(crate) fn normalise(text: &str) -> String {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
    let mut normalised = String::with_capacity(text.len() + 1);
    for line in body.lines() {
        normalised.push_str(line.trim_end());
        normalised.push('\n');
    }
    normalised
}

/// A SHA-256, shown and serialised as 64 digits of lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Whether `text` is this digest, as it is shown.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.hex() == text.as_bytes()
    }

    fn hex(&self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 0xf)];
        }
        hex
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.hex()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    #[test]
    fn line_ends_blanks_and_the_byte_order_mark_do_not_change_the_deciding_checksum() {
        let unix = Checksum::of("SELECT 1;\n\nSELECT 2;\n");
        let windows = Checksum::of("\u{feff}SELECT 1; \r\n\r\nSELECT 2;");
        assert_eq!(unix.normalised, windows.normalised);
        assert_ne!(unix.raw, windows.raw);
        assert_eq!(unix.raw, unix.normalised);
    }

    #[test]
    fn raw_is_the_sha256_that_sha256sum_prints() {
        let printed = "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd";
        let raw = Checksum::of("SELECT 1;\n").raw;
        assert_eq!(raw.to_string(), printed);
        assert!(raw.is(printed));
        assert!(!raw.is(&printed[..63]));
        assert!(!raw.is(&printed.replace('b', "c")));
    }
}
