//! What is in the body of a webhook: normalised events.
//!
//! Reading is pure and tolerant: fields may be missing or new, ids may be numbers or strings, words may be unknown.
//! What is not understood becomes an event of kind `other`; only a body that is neither JSON nor a form is refused.
//! ```
//! use trunkline_core::events::{EventKind, Source};
//! use trunkline_providers::webhooks::read;
//!
//! let body = br#"{"entry": [{"id": 7, "changes": [{"field": "security", "value": {"event": "PIN_CHANGED"}}]}]}"#;
//! let events = read(Source::Meta, body)?;
//! assert_eq!(events[0].kind, EventKind::ChannelPinChanged);
//! # Ok::<(), trunkline_providers::webhooks::Unreadable>(())
//! ```

mod dialog360;
mod loose;
mod meta;
mod twilio;

pub use twilio::account_sid;

use thiserror::Error;
use trunkline_core::events::{Event, Source};

/// A body that is nothing which a provider sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Meta and 360dialog send JSON.
    #[error("the body is no JSON")]
    NotJson,
    /// Twilio sends a form, or JSON.
    #[error("the body is neither a form nor JSON")]
    NotForm,
}

/// The events in a body, in its order; none where it holds none.
pub fn read(source: Source, body: &[u8]) -> Result<Vec<Event>, Unreadable> {
    match source {
        Source::Meta | Source::Dialog360Numbers => meta::read(source, body),
        Source::Dialog360Events => dialog360::read(body),
        Source::TwilioMessages | Source::TwilioStatus => twilio::read(source, body),
    }
}
