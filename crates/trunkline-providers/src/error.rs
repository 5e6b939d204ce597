//! What a provider's refusal means for the caller, whichever provider it was.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// Who was asked. Written as the column `partner_configurations.provider` holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// 360dialog.
    #[serde(rename = "360dialog")]
    Dialog360,
    /// Meta's Graph API.
    Meta,
    /// Twilio.
    Twilio,
}

impl Provider {
    /// The name that people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dialog360 => "360dialog",
            Self::Meta => "Meta",
            Self::Twilio => "Twilio",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// The credential is wrong, expired or revoked: replace it.
    Authentication,
    /// The credential is good, and may not do this.
    Permission,
    /// Too many requests: the same call may succeed later.
    Throttled {
        /// Not before this moment; the provider's word, or the shortest wait that its page asks for.
        until: Timestamp,
    },
    /// The same call may succeed when it is repeated.
    Transient,
    /// The same call fails again.
    Invalid,
    /// There is no such thing, or it is hidden from this credential.
    NotFound,
}

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The guard forbids the address: nothing was sent.
    Refused,
    /// The credential holds characters that no HTTP header carries: nothing was sent.
    Credential,
    /// Our own rate budget had no call left in time: nothing was sent.
    Budget,
    /// The host name has no address.
    Name,
    /// No connection.
    Connection,
    /// A connection, and no trusted TLS session.
    Tls,
    /// No answer, or not all of it, in time.
    Timeout,
    /// The answer broke off.
    Interrupted,
    /// The answer, or the body of a request that is passed on, is longer than it may be.
    TooLarge,
    /// The answer sends us to another host.
    Redirected,
    /// The answer is not the JSON that was promised.
    NotJson,
    /// The answer is JSON, and not what was asked for.
    Unexpected,
    /// The provider answered with an error.
    Answered,
}

impl Failure {
    /// Whether it is certain that the provider did not get the call.
    pub fn is_unsent(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Credential
                | Self::Budget
                | Self::Name
                | Self::Connection
                | Self::Tls
        )
    }
}

/// A call to a provider that did not succeed. No text in it holds a credential of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{provider}, {call}: {message}")]
pub struct ProviderError {
    /// Who was asked.
    pub provider: Provider,
    /// Which call, named as its span: `provider.meta.debug_token`.
    pub call: &'static str,
    /// What can be done.
    #[serde(flatten)]
    pub kind: Kind,
    /// How far the call came.
    pub failure: Failure,
    /// The HTTP status, when there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's code, as text: Meta's `error.code`, Twilio's `code`, 360dialog's `meta.error_data.code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Box<str>>,
    /// Meta's `error_subcode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcode: Option<u32>,
    /// The provider's message; where it said nothing, what went wrong.
    pub message: Box<str>,
    /// The beginning of the answer's body as it came, at most 1,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Box<str>>,
    /// The id that the provider's support asks for: Meta's `fbtrace_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Box<str>>,
}

impl ProviderError {
    /// A call that was not sent.
    pub(crate) fn unsent(
        provider: Provider,
        call: &'static str,
        kind: Kind,
        failure: Failure,
        message: impl Into<Box<str>>,
    ) -> Self {
        let message = message.into();
        Self {
            provider,
            call,
            kind,
            failure,
            status: None,
            code: None,
            subcode: None,
            message,
            words: None,
            trace: None,
        }
    }

    /// An id that no provider's path can hold, such as `..`.
    pub(crate) fn malformed_id(provider: Provider, call: &'static str) -> Self {
        Self::unsent(
            provider,
            call,
            Kind::Invalid,
            Failure::Refused,
            "an id holds characters that no id has",
        )
    }

    /// The token of a subaccount of Twilio's, which the parent is not told.
    pub fn without_token(call: &'static str, subaccount: &str) -> Self {
        let words = format!("Twilio does not tell the auth token of {subaccount}");
        Self::unsent(Provider::Twilio, call, Kind::Permission, Failure::Credential, words)
    }

    /// A credential that the account has not.
    pub(crate) fn without_credential(provider: Provider, call: &'static str, what: &str) -> Self {
        let words = format!("the partner account has no {what}");
        Self::unsent(provider, call, Kind::Authentication, Failure::Credential, words)
    }

    /// An answer that is something else than what was asked for.
    pub(crate) fn unexpected(provider: Provider, call: &'static str) -> Self {
        let words = "the answer is not what this call answers";
        Self::unsent(provider, call, Kind::Transient, Failure::Unexpected, words)
    }
}
