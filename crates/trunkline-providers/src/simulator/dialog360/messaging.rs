//! The messaging API, below `/360dialog/waba`: one key, one number.

use serde_json::{Value, json};

use crate::simulator::{
    answer::Answer,
    dialog360::{Handled, NumberWebhook, errors::Refused, events::of_number},
    media,
    meta::{
        self,
        messages::{accept, status_value},
    },
    scene::Scene,
};

/// After so many seconds each.
const STEPS: [(i64, &str); 3] = [(1, "sent"), (3, "delivered"), (10, "read")];

/// The most destinations beside the main one.
const MOST_DESTINATIONS: usize = 3;

pub(super) fn answer(scene: &mut Scene<'_>, method: &str, path: &[&str]) -> Handled {
    let id = channel_of_key(scene)?;
    match (method, path) {
        ("POST", ["messages"]) => send(scene, &id),
        ("GET", ["v1", "configs", "webhook"]) => Ok((200, webhook(scene, &id))),
        ("POST", ["v1", "configs", "webhook"]) => set_webhook(scene, &id),
        (_, ["multi_webhook"]) => destinations(scene, method, &id),
        ("GET", ["v1", "configs", "templates"]) => Ok((200, templates(scene, &id))),
        ("POST", ["media"]) => match media::upload(scene, &id) {
            Ok(uploaded) => Ok((200, uploaded)),
            Err(wrong) => Err(Refused::of_meta(&meta::invalid(wrong))),
        },
        (_, [file]) => of_media(scene, method, &id, file),
        _ => Err(Refused::plain(404, "Not found")),
    }
}

/// What is said of a file names Meta's address, where the channel's key is good for nothing: the same path is here.
const FILES: &str = "https://lookaside.fbsbx.com";

/// `GET` and `DELETE /{media}`
fn of_media(scene: &mut Scene<'_>, method: &str, id: &str, file: &str) -> Handled {
    let found = media::find(&scene.world.media, file, |owner| owner == id);
    match (method, found) {
        ("GET", Some(found)) => Ok((200, media::document(file, found, FILES))),
        ("DELETE", Some(_)) => {
            scene.world.media.remove(file);
            Ok((200, json!({"success": true})))
        }
        _ => Err(Refused::of_meta(&meta::unknown_node(method, file))),
    }
}

/// The file itself, for the channel's key.
pub(super) fn file(scene: &Scene<'_>) -> Answer {
    let found = channel_of_key(scene).and_then(|id| {
        let file = scene.request.text("mid").unwrap_or_default();
        let found = media::find(&scene.world.media, &file, |owner| owner == id);
        found.map(media::Media::answer).ok_or_else(|| Refused::plain(404, "Not found"))
    });
    found.unwrap_or_else(Refused::answer)
}

/// Only the newest key of a channel works.
fn channel_of_key(scene: &Scene<'_>) -> Result<String, Refused> {
    let given = scene.request.header("d360-api-key").unwrap_or_default();
    let mut channels = scene.world.dialog360.channels.iter();
    let found = channels.find(|(_, channel)| channel.keys.iter().any(|key| key.api_key == given));
    found.map(|(id, _)| id.clone()).ok_or_else(|| Refused::plain(401, "Invalid api key"))
}

fn send(scene: &mut Scene<'_>, id: &str) -> Handled {
    let (answer, message, recipient) =
        accept(scene).map_err(|refused| Refused::of_meta(&refused))?;
    for (seconds, status) in STEPS {
        let (id, message, recipient) = (id.to_owned(), message.clone(), recipient.clone());
        scene.later(seconds, move |scene| {
            let value = status_value(scene, &message, &recipient, status);
            of_number(scene, &id, "messages", value);
        });
    }
    Ok((200, answer))
}

fn webhook(scene: &Scene<'_>, id: &str) -> Value {
    let channel = scene.world.dialog360.channels.get(id);
    match channel.and_then(|channel| channel.webhook.as_ref()) {
        Some(own) => json!({"url": own.url, "headers": own.headers}),
        None => json!({"url": null}),
    }
}

fn set_webhook(scene: &mut Scene<'_>, id: &str) -> Handled {
    let body = &scene.request.json;
    let url = body["url"].as_str().ok_or_else(|| Refused::plain(400, "url is missing"))?;
    let headers = body["headers"].as_object().into_iter().flatten();
    let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.into())));
    let own = NumberWebhook { url: url.to_owned(), headers: headers.collect() };
    if let Some(channel) = scene.world.dialog360.channels.get_mut(id) {
        channel.webhook = Some(own);
    }
    Ok((200, webhook(scene, id)))
}

fn destinations(scene: &mut Scene<'_>, method: &str, id: &str) -> Handled {
    let given = scene.request.json["destinations"].as_array().cloned().unwrap_or_default();
    let Some(channel) = scene.world.dialog360.channels.get_mut(id) else {
        return Err(Refused::plain(404, "Not found"));
    };
    let all = &mut channel.destinations;
    match method {
        "GET" => return Ok((200, json!({"enabled": !all.is_empty(), "destinations": all}))),
        "POST" if !all.is_empty() => return Err(Refused::plain(409, "multi webhook is enabled")),
        "POST" | "PUT" if all.len() + given.len() > MOST_DESTINATIONS => {
            return Err(Refused::plain(400, "too many destinations"));
        }
        "POST" | "PUT" => all.extend(given),
        "PATCH" => {
            for changed in given {
                let same = |entry: &&mut Value| entry["name"] == changed["name"];
                if let Some(entry) = all.iter_mut().find(same) {
                    *entry = changed;
                }
            }
        }
        "DELETE" => all.clear(),
        _ => return Err(Refused::plain(405, "Method not allowed")),
    }
    Ok((200, json!({"message": "done"})))
}

fn templates(scene: &Scene<'_>, id: &str) -> Value {
    let hub = &scene.world.dialog360;
    let account = hub.channels.get(id).map(|channel| channel.waba_account.as_str());
    let own = hub.templates.iter().filter(|(_, template)| Some(&*template.waba_account) == account);
    let templates: Vec<Value> = own.map(|(id, _)| hub.template_document(id)).collect();
    json!({"waba_templates": templates, "total": templates.len(), "limit": 1000, "offset": 0})
}
