//! Webhooks on their way: signed by the provider's rules, sent to whoever registered, sent again when that fails.

mod deliver;
mod retries;

use hyper::header::HeaderName;
use serde::{Deserialize, Serialize};

pub use deliver::Delivered;
pub(crate) use deliver::run;
pub(crate) use retries::Retries;

/// One webhook to one URL.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) kind: &'static str,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) retries: Retries,
    /// How often it was sent.
    pub(crate) attempts: u32,
}

/// The headers that hold signatures.
const SIGNATURES: [&str; 3] =
    ["x-hub-signature-256", "x-360dialog-signature", "x-twilio-signature"];

impl Webhook {
    pub(crate) fn new(url: &str, kind: &'static str, body: Vec<u8>, retries: Retries) -> Self {
        Self { url: url.to_owned(), kind, headers: Vec::new(), body, retries, attempts: 0 }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        // A name that no header can have is left out.
        if let Ok(name) = name.parse() {
            self.headers.push((name, value.into()));
        }
        self
    }

    /// Makes a signature that looks like one and is of something else.
    pub(crate) fn spoil_signature(&mut self) {
        for (name, value) in &mut self.headers {
            if SIGNATURES.contains(&name.as_str()) {
                *value = value.chars().map(spoilt).collect();
            }
        }
    }
}

/// Only digits: the rest may be the scheme's name.
fn spoilt(character: char) -> char {
    match character {
        '0' => '1',
        '1'..='9' => '0',
        other => other,
    }
}

/// What goes wrong with all webhooks from now on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// Each is sent so many times more.
    pub duplicates: u32,
    /// Each waits so long.
    pub delay_seconds: i64,
    /// Every other one is overtaken by the next.
    pub out_of_order: bool,
    /// Signatures do not fit.
    pub wrong_signature: bool,
}
