use crate::http::Unanswered;

/// Why an issuer did not say who somebody is. No text in it holds a code, a token or a secret; the issuer's own words
/// are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// There is no answer.
    #[error("the issuer's {what} cannot be read: {unanswered}")]
    Unanswered {
        /// What was asked for.
        what: &'static str,
        /// Why there is none.
        unanswered: Unanswered,
    },
    /// An answer that is not the one that the specification promises.
    #[error("the issuer's {what} is not what it should be: {reason}")]
    Unexpected {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The token endpoint refuses (RFC 6749, 5.2).
    #[error("the issuer refuses the code: {error} {description}")]
    Refused {
        /// `invalid_grant`, `invalid_client`.
        error: String,
        /// The issuer's words.
        description: String,
    },
    /// The ID token is not accepted.
    #[error("the ID token is not accepted: {0}")]
    Token(#[from] TokenProblem),
}

/// Why an ID token is not accepted (OpenID Connect Core 1.0, 3.1.3.7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// No signed token in compact form, or a claim is missing or of another type.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// Signed in a way that is not accepted, or not at all.
    #[error("its algorithm {0:?} is none of RS256, ES256 and EdDSA")]
    Algorithm(String),
    /// The issuer has no such key.
    #[error("no key of the issuer's for {algorithm} has the id {kid:?}")]
    UnknownKey {
        /// The token's `kid`.
        kid: Option<String>,
        /// The token's `alg`.
        algorithm: &'static str,
    },
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// `iss` is another issuer.
    #[error("it is of the issuer {0:?}")]
    Issuer(String),
    /// `aud` or `azp` is somebody else.
    #[error("it is for somebody else: {0}")]
    Audience(String),
    /// `exp` is over.
    #[error("it ended {0} s ago")]
    Expired(i64),
    /// `iat` or `nbf` is yet to come: one of the clocks is wrong.
    #[error("it begins in {0} s")]
    Early(i64),
    /// `nonce` is not the one that was sent.
    #[error("its nonce is not the one that was sent")]
    Nonce,
}
