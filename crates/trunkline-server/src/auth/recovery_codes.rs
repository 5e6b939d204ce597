use data_encoding::{BASE32_NOPAD, HEXLOWER};
use trunkline_core::Random;

use super::hash_token;

/// So many are made at once.
const COUNT: usize = 10;
/// Characters of base32: 60 random bits, of which a fast hash gives nothing away.
const LENGTH: usize = 12;

/// Codes for when the phone is not at hand: as they are shown, once, and as they are kept.
pub(crate) struct RecoveryCodes {
    /// `abcd-efgh-ijkl`
    pub shown: Vec<String>,
    /// SHA-256 in hexadecimal digits of each.
    pub hashes: Vec<String>,
}

impl RecoveryCodes {
    /// Ten new ones.
    pub(crate) fn generate(random: &Random) -> Self {
        let shown: Vec<String> = std::iter::repeat_with(|| generate(random)).take(COUNT).collect();
        let hashes = shown.iter().map(|code| hash_recovery_code(code)).collect();
        Self { shown, hashes }
    }
}

fn generate(random: &Random) -> String {
    let mut bytes = [0; LENGTH];
    random.fill(&mut bytes);
    let text = BASE32_NOPAD.encode(&bytes).to_lowercase();
    format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..LENGTH])
}

/// What is kept of a code; hyphens, spaces and case do not matter.
pub(crate) fn hash_recovery_code(code: &str) -> String {
    let plain = code.chars().filter(char::is_ascii_alphanumeric);
    let plain: String = plain.map(|character| character.to_ascii_lowercase()).collect();
    HEXLOWER.encode(&hash_token(&plain))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use trunkline_core::Random;

    use super::{RecoveryCodes, hash_recovery_code};

    #[test]
    fn ten_different_codes_are_known_however_they_are_typed() {
        let codes = RecoveryCodes::generate(&Random::seeded(1));
        assert_eq!(codes.shown.iter().collect::<HashSet<_>>().len(), 10);
        let typed = format!(" {} ", codes.shown[3].to_uppercase().replace('-', " "));
        assert_eq!(hash_recovery_code(&typed), codes.hashes[3]);
        assert_eq!(codes.shown[0].len(), 14, "{}", codes.shown[0]);
    }
}
