use reqwest::Url;
use serde::Deserialize;

use crate::guard::Guard;

/// What an issuer says of itself (OpenID Connect Discovery 1.0, 3).
#[derive(Debug, Clone)]
pub(super) struct Discovery {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    /// Whether the client's secret goes into the body, since the header is not taken.
    pub(super) secret_in_body: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

impl Discovery {
    pub(super) fn read(body: &[u8], issuer: &str, guard: &Guard) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(body)
            .map_err(|error| format!("no JSON with its endpoints (column {})", error.column()))?;
        if document.issuer != issuer {
            let said: String = document.issuer.chars().take(200).collect();
            return Err(format!("it is of the issuer {said:?}; configure that, to the letter"));
        }
        let endpoint = |name: &str, text: &str| {
            guard.parse(text).map_err(|refusal| format!("{name}: {refusal}"))
        };
        // RFC 7636: an issuer that lists methods and not S256 would ignore the challenge.
        let challenges = document.code_challenge_methods_supported;
        if challenges.is_some_and(|methods| methods.iter().all(|method| method != "S256")) {
            return Err("it does not support PKCE with S256".to_owned());
        }
        let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
        let takes = |method: &str| methods.iter().any(|known| known == method);
        Ok(Self {
            authorization_endpoint: endpoint(
                "authorization_endpoint",
                &document.authorization_endpoint,
            )?,
            token_endpoint: endpoint("token_endpoint", &document.token_endpoint)?,
            jwks_uri: endpoint("jwks_uri", &document.jwks_uri)?,
            secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
        })
    }
}
