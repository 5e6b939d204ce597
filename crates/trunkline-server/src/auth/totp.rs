//! Codes of an authenticator app: RFC 6238 with HMAC-SHA-1, six digits and 30 s, which is what the
//! apps take. SHA-1's collisions do not touch HMAC (RFC 6238, section 1.2, and RFC 6194).

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::QrCode;
use qrcode::render::svg;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use trunkline_core::Random;
use trunkline_core::secrets::Secret;

use crate::Problem;

/// Seconds.
const STEP: i64 = 30;
const DIGITS: u32 = 6;
/// Steps before and after the present one whose codes are taken too: clocks differ, people type.
const SKEW: i64 = 1;
/// Bytes: as many as SHA-1 gives, as RFC 4226 (section 4) recommends.
const SECRET_LENGTH: usize = 20;

/// A secret for an app and us, in base32.
pub(crate) fn new_totp_secret(random: &Random) -> Secret {
    let mut bytes = [0; SECRET_LENGTH];
    random.fill(&mut bytes);
    Secret::new(BASE32_NOPAD.encode(&bytes))
}

/// The time step whose code this is, now or one step off.
pub(crate) fn find_totp_step(
    secret: &Secret,
    code: &str,
    now: Timestamp,
) -> Result<Option<i64>, Problem> {
    let present = now.as_second().div_euclid(STEP);
    for step in present - SKEW..=present + SKEW {
        let right = totp_code(secret, step)?;
        if bool::from(right.as_bytes().ct_eq(code.as_bytes())) {
            return Ok(Some(step));
        }
    }
    Ok(None)
}

/// The code of a time step.
pub(crate) fn totp_code(secret: &Secret, step: i64) -> Result<String, Problem> {
    let broken = |_| Problem::internal("the secret of a second factor is no base32");
    let key = BASE32_NOPAD.decode(secret.expose().as_bytes()).map_err(broken)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).map_err(Problem::internal)?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // RFC 4226, section 5.3: four bytes, from where the last four bits say.
    let offset = usize::from(digest[19] & 0xf);
    let mut word = [0; 4];
    word.copy_from_slice(&digest[offset..offset + 4]);
    let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 10_u32.pow(DIGITS);
    Ok(format!("{number:0width$}", width = DIGITS as usize))
}

/// What an app reads to know the account, as an SVG of the QR code.
pub(crate) fn totp_qr_code(secret: &Secret, email: &str) -> Result<String, Problem> {
    let account = utf8_percent_encode(email, NON_ALPHANUMERIC);
    let uri = format!(
        "otpauth://totp/Trunkline:{account}?secret={}&issuer=Trunkline&algorithm=SHA1&digits={DIGITS}&period={STEP}",
        secret.expose()
    );
    let code = QrCode::new(uri).map_err(Problem::internal)?;
    let image = code.render::<svg::Color<'_>>().quiet_zone(false).module_dimensions(4, 4).build();
    let image = image.split_once("?>").map_or(image.as_str(), |(_, image)| image);
    Ok(image.replacen("<svg", "<svg role=\"img\" aria-label=\"QR code of the key\"", 1))
}

/// The secret in groups of four, for those who type it.
pub(crate) fn totp_secret_in_groups(secret: &Secret) -> String {
    let text: Vec<char> = secret.expose().chars().collect();
    text.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE32_NOPAD;
    use jiff::Timestamp;
    use trunkline_core::secrets::Secret;

    use super::{find_totp_step, totp_code};

    /// The key of RFC 6238, appendix B.
    fn secret() -> Secret {
        Secret::new(BASE32_NOPAD.encode(b"12345678901234567890"))
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp_code(&secret(), second / 30).unwrap(), code, "at {second}");
        }
    }

    #[test]
    fn one_step_before_or_after_is_taken_and_no_more() {
        let step_at = |second: i64| {
            let now = Timestamp::from_second(second).unwrap();
            find_totp_step(&secret(), "050471", now).unwrap()
        };
        let begin = 1_111_111_110;
        assert_eq!(step_at(begin - 31), None);
        assert_eq!(step_at(begin - 30), Some(begin / 30));
        assert_eq!(step_at(begin), Some(begin / 30));
        assert_eq!(step_at(begin + 59), Some(begin / 30));
        assert_eq!(step_at(begin + 60), None);
        assert_eq!(find_totp_step(&secret(), "", Timestamp::UNIX_EPOCH).unwrap(), None);
    }
}
