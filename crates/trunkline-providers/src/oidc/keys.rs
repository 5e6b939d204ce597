use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    TokenProblem,
    jwt::{Algorithm, Token},
};

/// The keys with which an issuer signs (RFC 7517, 5). Those of other kinds and for other uses are left out.
pub(super) struct Keys(Vec<Key>);

struct Key {
    kid: Option<String>,
    material: Material,
}

enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct JsonWebKey {
    kty: String,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(body).map_err(|_| "no JSON with a list `keys`".to_owned())?;
        let keys: Vec<Key> = document.keys.into_iter().filter_map(read_key).collect();
        if keys.is_empty() {
            return Err("none of its keys is for RS256, ES256 or EdDSA".to_owned());
        }
        Ok(Self(keys))
    }

    /// Verifies a signature by the key that the token names; without a name there must be one key alone.
    pub(super) fn verify(&self, token: &Token<'_>) -> Result<(), TokenProblem> {
        let algorithm = token.algorithm;
        let mut fitting = self.0.iter().filter(|key| {
            key.material.algorithm() == algorithm && (token.kid.is_none() || key.kid == token.kid)
        });
        let key = fitting.next().filter(|_| token.kid.is_some() || fitting.next().is_none());
        let key = key.ok_or_else(|| TokenProblem::UnknownKey {
            kid: token.kid.as_ref().map(|kid| kid.chars().take(100).collect()),
            algorithm: algorithm.name(),
        })?;
        key.material
            .verify(token.signed.as_bytes(), &token.signature)
            .map_err(|_| TokenProblem::Signature)
    }
}

impl Material {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), ring::error::Unspecified> {
        match self {
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature)
            }
        }
    }
}

fn read_key(value: Value) -> Option<Key> {
    let key: JsonWebKey = serde_json::from_value(value).ok()?;
    let is_for_signatures = key.r#use.as_deref().is_none_or(|used| used == "sig")
        && key.key_ops.as_ref().is_none_or(|uses| uses.iter().any(|used| used == "verify"));
    let bytes = |text: &Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text.as_ref()?).ok();
    let material = match (key.kty.as_str(), key.crv.as_deref()) {
        ("RSA", _) => {
            let number = |text| bytes(text).map(without_zeros);
            Material::Rsa { modulus: number(&key.n)?, exponent: number(&key.e)? }
        }
        // An uncompressed point (SEC 1, 2.3.3).
        ("EC", Some("P-256")) => {
            Material::P256([&[4][..], &bytes(&key.x)?, &bytes(&key.y)?].concat())
        }
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes(&key.x)?),
        _ => return None,
    };
    let fits = key.alg.as_deref().is_none_or(|alg| alg == material.algorithm().name());
    (is_for_signatures && fits).then_some(Key { kid: key.kid, material })
}

/// RFC 7518, 6.3.1.1: there should be none, and some issuers write one.
fn without_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{TokenProblem, jwt::Token};
    use super::Keys;

    /// A key and a signature made by OpenSSL, since `ring` makes no keys of RSA.
    const MODULUS: &str = "mANfukyYDx801QyceJRmdmQm3xv7EE8bo93b5cD4iL-GFXh24jcjd2ocFr5SptFhkCkQ0bNgCT8bROAoq5g-gcG4R_zC5szKCJR4\
         lGCO4khWd-31b0JCNI7ZB-hA7nW1_vtO9DJzrMwZLHTHpDSwZ_yK-HAwVZkWSssByoq8POfn0NceTevjBw88Hz3kojOhq2kk5ys9\
         IsDNuqVjTD5osDxpBhfmU0Cr5czOwg3yWfrAzLxOyMuoRgnW-8CnacCAT3XBvDWl5phsG2xF-0EQEW-8nHWERncWlIhME9JC1_Yp\
         5A22AMzj5FHiXJHDjlG2TiATEaXIIYucp-vC8nxZKQ";
    const TOKEN: &str = "eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInIifQ.eyJzdWIiOiJhZGEifQ.LhMVGRrPCwY1T-cj_DJcr4P2gWxVog9W8iraUI5fWR\
         XG2kYpORqBqWyQVFciex-uFqoa2igwVitQyfnMo7S7IoalGai6Ca4lMwRQ7i-vEeUUHmYvanl85vclpB56yoT8nlZ9fIMBfdmRD2\
         wDM7R0N69jlesVYL8jgCF-sFRYxQTPgtPdxbSnrBWXMTbZ4TwK74WGRNiSQo28VS4riCtN8X3tjoldhqKHxj9XJwmAAvMpb890nY\
         3O-y9zRHYr6fKI2N2AQtg_xRVzfW8yeUoffPw3xs0mjmr0ydHxfjPxpI3jBHqdzbBzXE77PyOxd82kcATzd6ST4FXnQRvkyKJu_g";

    fn keys(entries: &serde_json::Value) -> Result<Keys, String> {
        Keys::read(json!({ "keys": entries }).to_string().as_bytes())
    }

    #[test]
    fn rs256_of_another_implementation_is_verified() {
        let token = Token::read(TOKEN).unwrap();
        // `AA`: some issuers begin the number with a zero byte.
        for modulus in [MODULUS.to_owned(), with_zero(MODULUS)] {
            let key =
                json!({ "kty": "RSA", "kid": "r", "alg": "RS256", "n": modulus, "e": "AQAB" });
            assert_eq!(keys(&json!([key])).unwrap().verify(&token), Ok(()));
        }
        let changed = TOKEN.replace(".eyJzdWIiOiJhZGEifQ.", ".eyJzdWIiOiJldmUifQ.");
        assert_ne!(changed, TOKEN);
        let key = json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB", "kid": "r" });
        let ring = keys(&json!([key])).unwrap();
        let changed = Token::read(&changed).unwrap();
        assert_eq!(ring.verify(&changed), Err(TokenProblem::Signature));
    }

    fn with_zero(number: &str) -> String {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(number).unwrap();
        BASE64_URL_SAFE_NO_PAD.encode([&[0][..], &bytes].concat())
    }

    #[test]
    fn keys_of_other_kinds_and_for_other_uses_are_left_out() {
        let key = |field: &str, value: &str| {
            let mut key = json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB", "kid": "r" });
            key[field] = json!(value);
            key
        };
        for (field, value) in [("use", "enc"), ("alg", "PS256"), ("kty", "oct"), ("n", "%")] {
            assert!(keys(&json!([key(field, value)])).is_err(), "{field} {value}");
        }
        assert!(keys(&json!([key("use", "sig"), 7, null, {}])).is_ok());
    }

    #[test]
    fn without_a_name_there_must_be_one_key_alone() {
        let mut token = Token::read(TOKEN).unwrap();
        token.kid = None;
        let key = json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB" });
        assert_eq!(keys(&json!([key])).unwrap().verify(&token), Ok(()));
        let two = keys(&json!([key, key])).unwrap().verify(&token);
        assert!(matches!(two, Err(TokenProblem::UnknownKey { .. })), "{two:?}");
    }
}
