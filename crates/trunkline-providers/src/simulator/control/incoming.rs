//! Messages from somebody.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Controlled, Wrong, missing, wrong};
use crate::simulator::{
    context::Context,
    dialog360,
    incoming::Incoming,
    media::Media,
    meta::{events::of_number, messages::incoming_value},
    request::Request,
    twilio::messages::receive,
};

/// Who wrote what; a made-up person greets when nothing is said.
struct Message {
    from: String,
    name: String,
    text: String,
    file: Option<Media>,
}

impl Message {
    fn of(request: &Request) -> Result<Self, Wrong> {
        let text = |name: &str, usual: &str| request.text(name).unwrap_or_else(|| usual.to_owned());
        Ok(Self {
            from: text("from", "16505551234"),
            name: text("name", "Sheena Nelson"),
            text: text("text", "Does it come in another colour?"),
            file: request.json.get("media").map(file).transpose()?,
        })
    }

    fn incoming(&self) -> Incoming<'_> {
        let Self { from, name, text, file } = self;
        Incoming { from, name, text, file: file.clone() }
    }
}

/// `{"mime_type": "image/png", "content": "…"}`, the content in base64.
fn file(given: &Value) -> Result<Media, Wrong> {
    let text =
        |name: &str| given[name].as_str().ok_or_else(|| wrong(format!("media.{name} is missing")));
    let (mime_type, content) = (text("mime_type")?.to_owned(), text("content")?.to_owned());
    let is_base64 = BASE64_STANDARD.decode(&content).is_ok();
    let file = Media { mime_type, content, ..Media::default() };
    is_base64.then_some(file).ok_or_else(|| wrong("media.content is no base64"))
}

/// `POST /_control/meta/numbers/{id}/incoming`
pub(super) fn meta(context: &Context, request: &Request, id: &str) -> Controlled {
    let message = Message::of(request)?;
    context.meet(request, |scene| {
        if !scene.world.meta.numbers.contains_key(id) {
            return Err(missing("such number"));
        }
        let value = incoming_value(scene, id, message.incoming());
        let id_of_it = value["messages"][0]["id"].clone();
        of_number(scene, id, "messages", value);
        Ok(json!({ "id": id_of_it }))
    })
}

/// `POST /_control/360dialog/channels/{id}/incoming`
pub(super) fn dialog360(context: &Context, request: &Request, id: &str) -> Controlled {
    let message = Message::of(request)?;
    context.meet(request, |scene| {
        if !scene.world.dialog360.channels.contains_key(id) {
            return Err(missing("such channel"));
        }
        let value = incoming_value(scene, id, message.incoming());
        let id_of_it = value["messages"][0]["id"].clone();
        dialog360::events::of_number(scene, id, "messages", value);
        Ok(json!({ "id": id_of_it }))
    })
}

/// `POST /_control/twilio/senders/{sid}/incoming`
pub(super) fn twilio(context: &Context, request: &Request, sid: &str) -> Controlled {
    let message = Message::of(request)?;
    context.meet(request, |scene| {
        receive(scene, sid, message.incoming())
            .ok_or_else(|| missing("such sender, or it has no callback URL"))
    })
}
