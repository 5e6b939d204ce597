//! `POST /{number}/messages`: an id at once, then what became of it by webhook.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::simulator::{
    incoming::Incoming,
    issue::hex,
    media::Media,
    meta::{
        Handled, Outcome,
        errors::{self, Refused},
        events,
    },
    scene::Scene,
};

/// After so many seconds each.
const STEPS: [(i64, &str); 3] = [(1, "sent"), (3, "delivered"), (10, "read")];

pub(super) fn send(scene: &mut Scene<'_>, method: &str, id: &str) -> Handled {
    if method != "POST" {
        return Err(errors::unknown_node(method, id));
    }
    let connected = scene.world.meta.numbers.get(id).is_some_and(|number| {
        number.fields.get("status").and_then(Value::as_str) == Some("CONNECTED")
    });
    if !connected {
        return Err(Refused::new(400, 133_010, "(#133010) Account not registered"));
    }
    let (answer, message, recipient) = accept(scene)?;
    for (seconds, status) in STEPS {
        let (id, message, recipient) = (id.to_owned(), message.clone(), recipient.clone());
        scene.later(seconds, move |scene| {
            let value = status_value(scene, &message, &recipient, status);
            events::of_number(scene, &id, "messages", value);
        });
    }
    Ok(Outcome::Done(answer))
}

/// Looks at a message; gives the answer, the message's id and the recipient's.
pub(crate) fn accept(scene: &mut Scene<'_>) -> Result<(Value, String, String), Refused> {
    let body = &scene.request.json;
    if body["messaging_product"] != "whatsapp" {
        return Err(errors::invalid("messaging_product must be whatsapp"));
    }
    let input = body["to"].as_str().unwrap_or_default().to_owned();
    let recipient: String = input.chars().filter(char::is_ascii_digit).collect();
    if recipient.len() < 5 {
        let refused = Refused::new(400, 131_009, "(#131009) Parameter value is not valid");
        return Err(refused.details("to must be a phone number"));
    }
    let kind = body["type"].as_str().unwrap_or("text").to_owned();
    if body.get(&kind).is_none() {
        let refused = Refused::new(400, 131_008, "(#131008) Required parameter is missing");
        return Err(refused.details(format!("{kind} is missing")));
    }
    let id = message_id(scene);
    let mut message = json!({ "id": id });
    if kind == "template" {
        message["message_status"] = "accepted".into();
    }
    let answer = json!({"messaging_product": "whatsapp",
        "contacts": [{"input": input, "wa_id": recipient}], "messages": [message]});
    Ok((answer, id, recipient))
}

pub(crate) fn message_id(scene: &mut Scene<'_>) -> String {
    format!("wamid.{}", BASE64_STANDARD.encode(&scene.world.issue.hex()[..30]))
}

/// The `value` of a webhook that says what became of a message.
pub(crate) fn status_value(scene: &Scene<'_>, id: &str, recipient: &str, status: &str) -> Value {
    let mut entry = json!({"id": id, "status": status, "timestamp": scene.now.as_second().to_string(),
        "recipient_id": recipient});
    if status == "failed" {
        entry["errors"] = json!([{"code": 131_026, "title": "Message undeliverable",
            "message": "Message undeliverable", "error_data": {"details": "Message Undeliverable."}}]);
    } else {
        entry["conversation"] = json!({"id": &id[id.len() / 2..], "origin": {"type": "service"}});
        entry["pricing"] = json!({"billable": false, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"});
    }
    json!({ "statuses": [entry] })
}

/// The `value` of a webhook with a message from somebody; the number, or 360dialog's channel, holds its file.
pub(crate) fn incoming_value(scene: &mut Scene<'_>, number: &str, incoming: Incoming<'_>) -> Value {
    let id = message_id(scene);
    let timestamp = scene.now.as_second().to_string();
    let kind = incoming.kind();
    let Incoming { from, name, text, file } = incoming;
    let content = match file {
        None => json!({ "body": text }),
        Some(file) => {
            let (media, mime_type) = (scene.world.issue.number(), file.mime_type.clone());
            let sha256 = hex(&file.digest());
            let held = Media { owner: number.to_owned(), ..file };
            scene.world.media.insert(media.clone(), held);
            let mut content = json!({"id": media, "mime_type": mime_type, "sha256": sha256});
            if kind != "audio" {
                content["caption"] = text.into();
            }
            content
        }
    };
    let mut message = json!({"from": from, "id": id, "timestamp": timestamp, "type": kind});
    message[kind] = content;
    json!({"contacts": [{"profile": {"name": name}, "wa_id": from}], "messages": [message]})
}
