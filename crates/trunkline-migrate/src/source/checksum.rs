use sha2::{Digest, Sha256};

/// SHA-256 of a migration's text, twice: normalised, which decides, and raw.
///
/// The normalised text has LF line ends, no byte order mark, no trailing blanks on a line and no
/// trailing empty lines, so that an editor or a checkout on Windows changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checksum {
    /// Lower-case hex over the normalised text.
    pub normalised: String,
    /// Lower-case hex over the bytes of the file, which the platform's own ledger keeps.
    pub raw: String,
}

impl Checksum {
    /// Hashes `text` as it was read.
    pub fn of(text: &str) -> Self {
        let raw = hex(&Sha256::digest(text.as_bytes()));
        let normalised = normalise(text);
        let normalised =
            if normalised == text { raw.clone() } else { hex(&Sha256::digest(normalised)) };
        Self { normalised, raw }
    }
}

fn normalise(text: &str) -> String {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
    let mut normalised = String::with_capacity(text.len() + 1);
    for line in body.lines() {
        normalised.push_str(line.trim_end());
        normalised.push('\n');
    }
    normalised
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
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
        assert_eq!(
            Checksum::of("SELECT 1;\n").raw,
            "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd"
        );
    }
}
