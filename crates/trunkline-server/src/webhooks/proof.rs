use axum::http::{HeaderMap, HeaderName};
use trunkline_core::Provider;
use trunkline_core::events::Source;
use trunkline_providers::twilio::{Algorithm, SignedRequest};
use trunkline_providers::{dialog360, is_word, meta, twilio};

use super::accounts::Account;

/// What of a request proves where it comes from.
#[derive(Debug)]
pub(super) enum Proof {
    /// A signature of the body, and at Twilio of the URL.
    Signature(String),
    /// The same by Twilio's shared key, which its settings name.
    Shared(String, Algorithm),
    /// The word that 360dialog was told to send in a header.
    Word(Vec<u8>),
}

impl Proof {
    /// Takes what this stream of this account must bring from the headers; `None`: it is not there, or
    /// the account has no secret to compare it with. At Twilio the token of a subaccount may do, where the account has none.
    ///
    /// 360dialog signs what is about the partner, and sends a word with what is about a number. Of each
    /// the other will do where the account has that one alone. Twilio signs by the auth token or, where a rule of the account
    /// says so, by a shared key: then by the one that the account has here, or had not long ago, and no other secret is tried.
    pub(super) fn take(account: &Account, source: Source, headers: &HeaderMap) -> Option<Self> {
        let is_signed = !account.signing.is_empty();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = |name| text(name).map(|text| Self::Signature(text.to_owned()));
        let word = |(name, _): &(HeaderName, _)| {
            headers.get(name).map(|value| Self::Word(value.as_bytes().to_vec()))
        };
        let takes_word = match source {
            Source::Dialog360Events => !is_signed,
            Source::Dialog360Numbers => account.header.is_some(),
            _ => false,
        };
        if source.provider() == Provider::Twilio
            && let Some(settings) = text(twilio::SETTINGS_HEADER)
        {
            let (key, algorithm) = twilio::shared_key(settings)?;
            // Another may be the one that was replaced, of which the secret alone is kept.
            let may_be = |(known, secrets): &&(String, Vec<_>)| known == key || secrets.len() > 1;
            account.shared_key.as_ref().filter(may_be)?;
            let given = text(twilio::SIGNATURE_HEADER)?;
            return Some(Self::Shared(given.to_owned(), algorithm));
        }
        match source {
            _ if takes_word => account.header.as_ref().and_then(word),
            Source::TwilioMessages | Source::TwilioStatus => signature(twilio::SIGNATURE_HEADER),
            _ if !is_signed => None,
            Source::Meta => signature(meta::SIGNATURE_HEADER),
            Source::Dialog360Events | Source::Dialog360Numbers => {
                signature(dialog360::SIGNATURE_HEADER)
            }
        }
    }

    /// Whether it is good for what came. Every secret is tried, so that the time tells nothing.
    pub(super) fn is_good(
        &self,
        account: &Account,
        source: Source,
        url: &str,
        body: &[u8],
    ) -> bool {
        match self {
            Self::Word(given) => account.header.as_ref().is_some_and(|(_, words)| {
                words.iter().fold(false, |found, word| is_word(word, given) | found)
            }),
            Self::Shared(given, algorithm) => {
                let request = SignedRequest { url, body };
                account.shared_key.as_ref().is_some_and(|(_, secrets)| {
                    secrets.iter().fold(false, |found, secret| {
                        twilio::is_signed_by(secret, *algorithm, &request, given) | found
                    })
                })
            }
            Self::Signature(given) => account.signing.iter().fold(false, |found, secret| {
                let good = match source {
                    Source::Meta => meta::is_signed(secret, body, given),
                    Source::Dialog360Events | Source::Dialog360Numbers => {
                        dialog360::is_signed(secret, body, given)
                    }
                    Source::TwilioMessages | Source::TwilioStatus => {
                        twilio::is_signed(secret, &SignedRequest { url, body }, given)
                    }
                };
                good | found
            }),
        }
    }
}
