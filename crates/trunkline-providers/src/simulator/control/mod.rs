//! What no provider has: its hand on the world, below `/_control`. `docs/simulator.md` describes every route.

mod changes;
mod dialog360;
mod incoming;
mod meta;
mod records;
mod state;
mod twilio;

use serde_json::{Value, json};

use crate::simulator::{answer::Answer, context::Context, request::Request};

/// What went wrong with a control call.
pub(super) struct Wrong(u16, String);

/// The answer's JSON, or what is wrong.
type Controlled = Result<Value, Wrong>;

fn wrong(words: impl Into<String>) -> Wrong {
    Wrong(400, words.into())
}

fn missing(what: &str) -> Wrong {
    Wrong(404, format!("there is no {what}"))
}

/// Answers a control call.
pub(crate) fn answer(context: &Context, request: &Request) -> Answer {
    match dispatch(context, request) {
        Ok(body) => Answer::json(200, &body),
        Err(Wrong(status, words)) => Answer::json(status, &json!({ "error": words })),
    }
}

fn dispatch(context: &Context, request: &Request) -> Controlled {
    match (request.method.as_str(), request.rest().as_slice()) {
        ("GET", ["state"]) => state::show(context),
        ("PUT", ["state"]) => state::put(context, request),
        ("POST", ["reset"]) => state::reset(context),
        ("GET", ["clock"]) => records::clock(context),
        ("POST", ["clock"]) => records::advance(context, request),
        ("GET", ["requests"]) => records::requests(context),
        ("DELETE", ["requests"]) => records::forget_requests(context),
        ("GET", ["webhooks"]) => records::webhooks(context),
        ("PUT", ["webhooks"]) => records::quirks(context, request),
        ("GET", ["faults"]) => records::faults(context),
        ("POST", ["faults"]) => records::add_fault(context, request),
        ("DELETE", ["faults"]) => records::forget_faults(context),
        ("POST", ["meta", "numbers", id]) => changes::number(context, request, id),
        ("POST", ["meta", "businesses", id]) => changes::business(context, request, id),
        ("POST", ["meta", "accounts", id]) => meta::account(context, request, id),
        ("POST", ["meta", "tokens"]) => meta::token(context, request),
        ("POST", ["meta", "signup"]) => meta::signup(context, request),
        ("POST", ["meta", "webhooks"]) => meta::webhook(context, request),
        ("POST", ["meta", "numbers", id, "incoming"]) => incoming::meta(context, request, id),
        ("POST", ["360dialog", "channels", id]) => dialog360::channel(context, request, id),
        ("POST", ["360dialog", "channels", id, "incoming"]) => {
            incoming::dialog360(context, request, id)
        }
        ("POST", ["360dialog", "signup"]) => dialog360::signup(context, request),
        ("POST", ["360dialog", "webhooks"]) => dialog360::webhook(context, request),
        ("POST", ["twilio", "senders", sid]) => twilio::sender(context, request, sid),
        ("POST", ["twilio", "senders", sid, "incoming"]) => incoming::twilio(context, request, sid),
        ("POST", ["twilio", "accounts", sid]) => twilio::account(context, request, sid),
        ("POST", ["twilio", "webhooks"]) => twilio::webhook(context, request),
        _ => Err(missing("such control route; docs/simulator.md lists them")),
    }
}
