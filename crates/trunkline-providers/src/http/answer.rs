use reqwest::header::HeaderMap;

use crate::http::redaction::Secrets;

/// How much of a body an error keeps, in characters.
const WORDS: usize = 1000;

/// What came back, whatever its status.
pub struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    secrets: Secrets,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, body: Vec<u8>, secrets: Secrets) -> Self {
        Self { status, headers, body, secrets }
    }

    /// An answer to a call that is passed on, whose words go to whoever asked.
    pub(crate) fn without_secrets(status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self::new(status, headers, body, Secrets::default())
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header, if it is readable text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the body is a page for people rather than an answer for programs.
    pub(crate) fn is_markup(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The beginning of the body as text, without the secrets of the call.
    pub(crate) fn words(&self) -> String {
        self.clean(&String::from_utf8_lossy(&self.body), WORDS)
    }

    /// A text out of this answer, without the secrets of the call.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.secrets.clean(text)
    }

    /// A text out of this answer, short, on one line, and without the secrets of the call.
    pub(crate) fn clean(&self, text: &str, most: usize) -> String {
        self.mask(text)
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .take(most)
            .collect()
    }
}
