//! Meta's Graph API, below `/meta`.

mod account;
mod business;
mod callback;
mod caller;
mod debug_token;
mod errors;
mod escape;
pub(crate) mod events;
mod fields;
mod graph;
pub(crate) mod messages;
mod new_number;
mod number;
mod oauth;
mod paging;
mod profile;
mod register;
pub(crate) mod signup;
mod smb;
mod subscribed_apps;
mod subscriptions;
mod verification;

use hyper::header::{CONTENT_TYPE, HeaderName};
use serde_json::{Value, json};

pub(crate) use callback::handshake;
pub use graph::{
    Account, App, Business, Callback, Code, Graph, Number, Override, Token, TokenKind,
};

pub(crate) use caller::hmac_sha256;
pub(crate) use errors::{Refused, invalid, unknown_node};

use crate::simulator::{
    answer::Answer,
    media,
    meta::caller::Caller,
    scene::{Said, Scene, Verification},
};

/// What a call brings: the answer's JSON, or why not, or a callback to verify first.
enum Outcome {
    Done(Value),
    Verify(Verification),
}

type Handled = Result<Outcome, Refused>;

/// `{"success":true}`
fn success() -> Handled {
    Ok(Outcome::Done(json!({"success": true})))
}

/// Answers a call; the path is `/meta/v25.0/…`.
pub(crate) fn answer(scene: &mut Scene<'_>) -> Said {
    if let Some(answer) = signup::answer(scene) {
        return answer.into();
    }
    let request = scene.request;
    let rest = request.rest();
    if rest == media::PLACE {
        return file(scene);
    }
    let Some((_, path)) = rest.split_first().filter(|(version, _)| is_version(version)) else {
        return headed(scene, errors::no_version().answer()).into();
    };
    match dispatch(scene, path) {
        Ok(Outcome::Done(body)) => headed(scene, Answer::json(200, &body)).into(),
        Ok(Outcome::Verify(verification)) => Said::Verify(Box::new(verification)),
        Err(refused) => headed(scene, refused.answer()).into(),
    }
}

/// A file needs the token, and the proof of no app.
fn file(scene: &mut Scene<'_>) -> Said {
    let found = Caller::of(scene).and_then(|caller| {
        let id = scene.request.text("mid").unwrap_or_default();
        Ok(own_media(scene, &caller, &id)?.answer())
    });
    match found {
        Ok(answer) => answer.into(),
        Err(refused) => headed(scene, refused.answer()).into(),
    }
}

/// A file of a number that the caller reaches; of the one number that the call names, if it names one.
fn own_media<'s>(
    scene: &'s Scene<'_>,
    caller: &Caller,
    id: &str,
) -> Result<&'s media::Media, Refused> {
    let graph = &scene.world.meta;
    let wanted = scene.request.text("phone_number_id");
    let is_owner = |owner: &str| {
        wanted.as_deref().is_none_or(|wanted| wanted == owner)
            && graph
                .numbers
                .get(owner)
                .is_some_and(|found| caller.reaches_account(graph, &found.account))
    };
    let found = media::find(&scene.world.media, id, is_owner);
    found.ok_or_else(|| errors::unknown_node(&scene.request.method, id))
}

/// `GET` and `DELETE /{media}`
fn of_media(scene: &mut Scene<'_>, caller: &Caller, method: &str, id: &str) -> Handled {
    caller.needs("whatsapp_business_messaging")?;
    let found = own_media(scene, caller, id)?;
    match method {
        "GET" => {
            let base = format!("{}/meta", scene.base);
            Ok(Outcome::Done(media::document(id, found, &base)))
        }
        "DELETE" => {
            scene.world.media.remove(id);
            success()
        }
        _ => Err(errors::unknown_node(method, id)),
    }
}

fn dispatch(scene: &mut Scene<'_>, path: &[&str]) -> Handled {
    let method = scene.request.method.as_str();
    match (method, path) {
        ("GET" | "POST", ["oauth", "access_token"]) => oauth::access_token(scene),
        ("GET" | "POST", ["oauth", "revoke"]) => oauth::revoke(scene),
        ("GET", ["debug_token"]) => debug_token::debug_token(scene),
        _ => {
            let caller = Caller::of(scene)?;
            node(scene, &caller, method, path)
        }
    }
}

fn node(scene: &mut Scene<'_>, caller: &Caller, method: &str, path: &[&str]) -> Handled {
    let [id, edge @ ..] = path else { return Err(errors::unknown_path(method)) };
    let graph = &scene.world.meta;
    if graph.apps.contains_key(*id) {
        match (method, edge) {
            ("GET", ["subscriptions"]) => subscriptions::list(scene, caller, id),
            ("POST", ["subscriptions"]) => subscriptions::set(scene, caller, id),
            ("DELETE", ["subscriptions"]) => subscriptions::remove(scene, caller, id),
            _ => Err(errors::unknown_node(method, id)),
        }
    } else if graph.businesses.contains_key(*id) {
        business::answer(scene, caller, method, id, edge)
    } else if graph.accounts.contains_key(*id) && caller.reaches_account(graph, id) {
        account::answer(scene, caller, method, id, edge)
    } else if graph
        .numbers
        .get(*id)
        .is_some_and(|found| caller.reaches_account(graph, &found.account))
    {
        number::answer(scene, caller, method, id, edge)
    } else if edge.is_empty() && scene.world.media.contains_key(*id) {
        of_media(scene, caller, method, id)
    } else {
        Err(errors::unknown_node(method, id))
    }
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

/// The headers of every answer of the Graph API.
pub(crate) fn headed(scene: &mut Scene<'_>, answer: Answer) -> Answer {
    let version = scene.request.segments.get(1).map(String::as_str).unwrap_or_default();
    let name = HeaderName::from_static;
    let usage = json!({"call_count": 1, "total_cputime": 1, "total_time": 1});
    let accounts = scene.world.meta.usage.iter().take(32).map(|(id, usage)| {
        let entry = json!([{"type": "whatsapp_business_management", "call_count": usage.call_count,
            "total_cputime": 1, "total_time": 1,
            "estimated_time_to_regain_access": usage.minutes_to_regain_access}]);
        (id.clone(), entry)
    });
    let accounts = Value::Object(accounts.collect());
    let (request, trace) = (scene.world.issue.hex(), scene.world.issue.hex());
    answer
        .with(CONTENT_TYPE, "application/json; charset=UTF-8")
        .with(name("facebook-api-version"), version)
        .with(name("x-app-usage"), usage.to_string())
        .with(name("x-business-use-case-usage"), accounts.to_string())
        .with(name("x-fb-request-id"), &request[..16])
        .with(name("x-fb-trace-id"), &trace[..11])
}
