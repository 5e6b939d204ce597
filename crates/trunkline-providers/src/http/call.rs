use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Method, Request, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use tracing::Span;

use crate::http::{
    passing::{Flow, Passing},
    redaction::Secrets,
};

/// One request: its span, its parts, and the secrets in it, which no log line and no error may repeat.
pub struct Call {
    name: &'static str,
    span: fn() -> Span,
    pub(super) request: Request,
    pub(super) secrets: Secrets,
    pub(super) unsendable: bool,
}

impl Call {
    /// Use the macro [`call!`](crate::call), which writes the span.
    pub fn new(name: &'static str, span: fn() -> Span, method: Method, url: Url) -> Self {
        let request = Request::new(method, url);
        Self { name, span, request, secrets: Secrets::default(), unsendable: false }
    }

    /// Adds a parameter to the URL's query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.request.url_mut().query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a parameter whose value is a secret.
    #[must_use]
    pub fn secret_query(mut self, name: &str, value: &SecretString) -> Self {
        self = self.query(name, value.expose_secret());
        self.secrets.note(value.expose_secret());
        let encoded = self.request.url().query().and_then(|query| query.rsplit(['&', '=']).next());
        self.secrets.note(encoded.unwrap_or_default());
        self
    }

    /// Adds a header that anybody may read.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.request.headers_mut().insert(name, HeaderValue::from_static(value));
        self
    }

    /// Adds a header whose value is made for the call, and anybody may read.
    #[must_use]
    pub fn text_header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.request.headers_mut().insert(name, value);
            }
            Err(_) => self.unsendable = true,
        }
        self
    }

    /// Adds a header of a request that is passed on.
    #[must_use]
    pub fn header_as_it_came(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request.headers_mut().insert(name, value);
        self
    }

    /// A body of a request that is passed on, as it comes.
    #[must_use]
    pub fn passing(mut self, body: impl Flow, limit: u64, idle: Duration) -> Self {
        let body = Passing::new(body, limit, idle);
        *self.request.body_mut() = Some(reqwest::Body::wrap(body));
        self
    }

    /// A body that was looked at before it is passed on.
    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        *self.request.body_mut() = Some(body.into());
        self
    }

    /// Adds a header whose value is a secret.
    #[must_use]
    pub fn secret_header(mut self, name: HeaderName, value: &SecretString) -> Self {
        self.secrets.note(value.expose_secret());
        self.set_secret(name, value.expose_secret());
        self
    }

    /// `Authorization: Bearer` (RFC 6750).
    #[must_use]
    pub fn bearer(mut self, token: &SecretString) -> Self {
        self.secrets.note(token.expose_secret());
        self.set_secret(AUTHORIZATION, &format!("Bearer {}", token.expose_secret()));
        self
    }

    /// `Authorization: Basic` (RFC 7617).
    #[must_use]
    pub fn basic(mut self, user: &str, password: &SecretString) -> Self {
        let encoded = BASE64_STANDARD.encode(format!("{user}:{}", password.expose_secret()));
        self.secrets.note(password.expose_secret());
        self.secrets.note(&encoded);
        self.set_secret(AUTHORIZATION, &format!("Basic {encoded}"));
        self
    }

    /// A body of JSON.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        *self.request.body_mut() = Some(body.to_string().into());
        self.header(CONTENT_TYPE, "application/json")
    }

    /// A body as HTML forms send it.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        // The serialiser of a URL's query is that of forms.
        let mut scratch = self.request.url().clone();
        scratch.query_pairs_mut().clear().extend_pairs(fields);
        let body = scratch.query().unwrap_or_default().to_owned();
        *self.request.body_mut() = Some(body.into());
        self.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// A body as it is, for what is signed.
    #[must_use]
    pub fn body(mut self, kind: &'static str, body: Vec<u8>) -> Self {
        *self.request.body_mut() = Some(body.into());
        self.header(CONTENT_TYPE, kind)
    }

    /// Names one more text that the provider may repeat and nobody may read.
    #[must_use]
    pub fn hiding(mut self, secret: &SecretString) -> Self {
        self.secrets.note(secret.expose_secret());
        self
    }

    /// Where it goes, with its parameters.
    #[cfg(test)]
    pub(crate) fn url(&self) -> &Url {
        self.request.url()
    }

    /// The name of its span.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn span(&self) -> Span {
        (self.span)()
    }

    fn set_secret(&mut self, name: HeaderName, value: &str) {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.request.headers_mut().insert(name, value);
            }
            Err(_) => self.unsendable = true,
        }
    }
}
