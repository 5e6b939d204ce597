//! The files of messages (`/2010-04-01/Accounts/{sid}/Messages/{sid}/Media.json`), and where they are fetched.

use hyper::header::LOCATION;
use serde_json::{Value, json};

use crate::simulator::{
    answer::Answer,
    scene::Scene,
    twilio::{Handled, errors, messages},
};

/// What a message holds, one of it, or its end.
pub(super) fn answer(
    scene: &mut Scene<'_>,
    method: &str,
    (account, message): (&str, &str),
    path: &[&str],
) -> Handled {
    messages::show(scene, account, message)?;
    let missing = || errors::not_found(&scene.request.path);
    let documents: Vec<Value> = scene
        .world
        .media
        .iter()
        .filter(|(_, file)| file.owner == message)
        .map(|(sid, file)| document(scene, (account, message), sid, &file.mime_type))
        .collect();
    if let ("GET", ["Media.json"]) = (method, path) {
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{message}/Media.json");
        return Ok((
            200,
            json!({"media_list": documents, "page": 0, "page_size": 50, "uri": uri,
                "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null}),
        ));
    }
    let ["Media", file] = path else { return Err(missing()) };
    let sid = file.strip_suffix(".json").ok_or_else(missing)?;
    let found =
        documents.into_iter().find(|document| document["sid"] == sid).ok_or_else(missing)?;
    match method {
        "GET" => Ok((200, found)),
        "DELETE" => {
            scene.world.media.remove(sid);
            Ok((204, Value::Null))
        }
        _ => Err(missing()),
    }
}

fn document(scene: &Scene<'_>, (account, message): (&str, &str), sid: &str, kind: &str) -> Value {
    let date = &scene.world.twilio.messages[message]["date_created"];
    json!({"sid": sid, "account_sid": account, "parent_sid": message, "content_type": kind,
        "date_created": date, "date_updated": date,
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{message}/Media/{sid}.json")})
}

/// The address of a file without `.json` needs no credentials, and leads to where it is.
pub(super) fn moved(scene: &Scene<'_>, message: &str, sid: &str) -> Answer {
    match scene.world.media.get(sid).filter(|file| file.owner == message) {
        Some(_) => Answer::empty(307).with(LOCATION, format!("{}/twilio/media/{sid}", scene.base)),
        None => errors::not_found(&scene.request.path).answer(false),
    }
}

/// The file itself.
pub(super) fn file(scene: &Scene<'_>, sid: &str) -> Answer {
    match scene.world.media.get(sid) {
        Some(file) if scene.world.twilio.messages.contains_key(&file.owner) => file.answer(),
        _ => Answer::empty(404),
    }
}
