//! What is to go wrong, per route.

use std::time::Duration;

use hyper::header::HeaderName;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::{answer::Answer, request::Request};

/// Something that goes wrong with the requests that it matches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// `POST`; any when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The path, with `*` for any one segment and `**` at the end for all that follow: `/meta/*/*/register`.
    pub path: String,
    /// How often; without end when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing is done, and this is answered.
    Refuse(Words),
    /// What was asked is done, and this is answered all the same.
    DoneButRefused(Words),
    /// The answer comes late.
    Slow {
        /// By so much of real time.
        milliseconds: u64,
    },
    /// What was asked is done; half of the answer comes.
    Truncated,
    /// Nothing is done, and the connection ends without an answer.
    Reset,
    /// What was asked is done, and the connection ends without an answer.
    DoneButReset,
}

/// An answer in place of the provider's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Words {
    /// The HTTP status.
    pub status: u16,
    /// Headers: `{"retry-after": "30"}`.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// JSON, or text that is none.
    #[serde(default)]
    pub body: Value,
}

impl Words {
    /// The answer that they are.
    pub(crate) fn answer(&self) -> Answer {
        let mut answer = match &self.body {
            Value::String(text) => Answer::text(self.status, "text/html", text.clone()),
            body => Answer::json(self.status, body),
        };
        for (name, value) in &self.headers {
            if let Ok(name) = name.parse::<HeaderName>() {
                answer = answer.with(name, value);
            }
        }
        answer
    }
}

impl FaultKind {
    /// Whether the request is handled.
    pub(crate) fn is_done(&self) -> bool {
        !matches!(self, Self::Refuse(_) | Self::Reset)
    }

    /// How long the answer waits.
    pub(crate) fn delay(&self) -> Duration {
        match self {
            Self::Slow { milliseconds } => Duration::from_millis(*milliseconds),
            _ => Duration::ZERO,
        }
    }
}

/// Everything that is to go wrong.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// The oldest fault that matches, counted down.
    pub(crate) fn take(&mut self, request: &Request) -> Option<FaultKind> {
        // Control must stay in hand.
        if request.segments.first().is_some_and(|first| first == "_control") {
            return None;
        }
        let index = self.0.iter().position(|fault| fault.matches(request))?;
        let fault = &mut self.0[index];
        let kind = fault.kind.clone();
        match &mut fault.times {
            None => {}
            Some(times) if *times > 1 => *times -= 1,
            Some(_) => {
                self.0.remove(index);
            }
        }
        Some(kind)
    }
}

impl Fault {
    fn matches(&self, request: &Request) -> bool {
        let method = self.method.as_ref();
        if method.is_some_and(|method| !method.eq_ignore_ascii_case(&request.method)) {
            return false;
        }
        let mut path = request.segments.iter();
        for pattern in self.path.split('/').filter(|segment| !segment.is_empty()) {
            match (pattern, path.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (pattern, Some(segment)) if pattern == segment => {}
                _ => return false,
            }
        }
        path.next().is_none()
    }
}
