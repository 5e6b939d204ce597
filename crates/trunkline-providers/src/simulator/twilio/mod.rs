//! Twilio's APIs, below `/twilio`; their paths do not meet.

mod accounts;
mod cloud;
mod content;
mod errors;
pub(crate) mod events;
mod media;
pub(crate) mod messages;
mod registration;
pub(crate) mod senders;

pub use cloud::{Cloud, Sender, SharedKey, TwilioAccount};

use hyper::header::HeaderName;
use serde_json::Value;

use crate::simulator::{answer::Answer, scene::Scene, twilio::errors::Refused};

/// The answer's status and JSON, or why not.
type Handled = Result<(u16, Value), Refused>;

/// Answers a call; the path is `/twilio/…`.
pub(crate) fn answer(scene: &mut Scene<'_>) -> Answer {
    let request = scene.request;
    let rest = request.rest();
    let method = request.method.as_str();
    match (method, rest.as_slice()) {
        ("GET", ["2010-04-01", "Accounts", _, "Messages", message, "Media", sid])
            if !sid.contains('.') =>
        {
            return media::moved(scene, message, sid);
        }
        ("GET", ["media", sid]) => return media::file(scene, sid),
        _ => {}
    }
    let (handled, newer) = match rest.as_slice() {
        ["2010-04-01", path @ ..] => (accounts::answer(scene, method, path), false),
        ["v2", "Channels", "Senders", path @ ..] => (senders::answer(scene, method, path), true),
        ["v1", "Content", path @ ..] => (content::answer(scene, method, path), false),
        _ => (Err(errors::not_found(&request.path)), false),
    };
    let answer = match handled {
        Ok((204, _)) => Answer::empty(204),
        Ok((status, body)) => Answer::json(status, &body),
        Err(refused) => refused.answer(newer && scene.world.twilio.problem_details),
    };
    answer.with(HeaderName::from_static("twilio-request-id"), scene.world.issue.sid("RQ"))
}
