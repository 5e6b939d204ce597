use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::TokenProblem;

/// How a token may be signed (RFC 7518, 3.1; RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// A JSON Web Signature in compact form (RFC 7515, 7.1) that is not verified yet.
pub(super) struct Token<'t> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) signed: &'t str,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'t> Token<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, TokenProblem> {
        let malformed = |what: &str| TokenProblem::Malformed(what.to_owned());
        let (signed, signature) =
            text.rsplit_once('.').ok_or_else(|| malformed("it has no three parts"))?;
        let (header, payload) = signed
            .split_once('.')
            .filter(|(_, payload)| !payload.contains('.'))
            .ok_or_else(|| malformed("it has no three parts"))?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part);
        let header = decode(header).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let Header { alg, kid, crit } = header.ok_or_else(|| malformed("its header"))?;
        // RFC 7515, 4.1.11: whoever does not understand an extension must refuse.
        if crit.is_some() {
            return Err(malformed("its header asks for an extension"));
        }
        let algorithm = Algorithm::find(&alg);
        let algorithm =
            algorithm.ok_or_else(|| TokenProblem::Algorithm(alg.chars().take(20).collect()))?;
        let payload = decode(payload).map_err(|_| malformed("its payload"))?;
        let signature = decode(signature).map_err(|_| malformed("its signature"))?;
        Ok(Self { algorithm, kid, signed, payload, signature })
    }
}
