use jiff::Timestamp;

use crate::simulator::{answer::Answer, request::Request, schedule::Schedule, world::World};

/// One request and the world that it meets; a step of time meets it with an empty request.
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) request: &'a Request,
    pub(crate) schedule: &'a mut Schedule,
    pub(crate) now: Timestamp,
    /// `http://127.0.0.1:8650`.
    pub(crate) base: &'a str,
}

/// What a handler has to say.
pub(crate) enum Said {
    /// The answer.
    Answer(Answer),
    /// First the callback URL is verified, then the answer follows.
    Verify(Box<Verification>),
}

/// A callback URL that must answer Meta's handshake before it is taken.
pub(crate) struct Verification {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) taken: fn(&mut Scene<'_>) -> Answer,
    pub(crate) refused: fn(&str) -> Answer,
}

impl From<Answer> for Said {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}
