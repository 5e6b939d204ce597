//! Embedded Signup: the part that Meta's pages play in the browser, to click through.

mod outcome;
mod page;
mod sdk;

use serde_json::Value;

use crate::simulator::{answer::Answer, scene::Scene};

pub(crate) use outcome::{Wish, fulfil};

/// Answers for `connect.facebook.net` and for the dialog of `www.facebook.com`; `None`: this is a call of the API.
pub(super) fn answer(scene: &mut Scene<'_>) -> Option<Answer> {
    let request = scene.request;
    match (request.method.as_str(), request.rest().as_slice()) {
        ("GET", ["en_US", "sdk.js"]) => {
            Some(Answer::text(200, "text/javascript; charset=utf-8", sdk::source(scene.base)))
        }
        ("GET", ["signup"]) => Some(page::host(scene)),
        ("GET", [_, "dialog", "oauth"]) => Some(page::form(scene)),
        ("POST", [_, "dialog", "oauth"]) => Some(page::finish(scene)),
        _ => None,
    }
}

/// JSON inside of a script element.
fn for_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028")
}
