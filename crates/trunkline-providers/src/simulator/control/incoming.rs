//! Messages from somebody.

use serde_json::json;

use super::{Controlled, missing};
use crate::simulator::{
    context::Context,
    dialog360,
    meta::{events::of_number, messages::incoming_value},
    request::Request,
    twilio::messages::receive,
};

/// Who wrote what; a made-up person greets when nothing is said.
struct Message {
    from: String,
    name: String,
    text: String,
}

impl Message {
    fn of(request: &Request) -> Self {
        let text = |name: &str, usual: &str| request.text(name).unwrap_or_else(|| usual.to_owned());
        Self {
            from: text("from", "16505551234"),
            name: text("name", "Sheena Nelson"),
            text: text("text", "Does it come in another colour?"),
        }
    }
}

/// `POST /_control/meta/numbers/{id}/incoming`
pub(super) fn meta(context: &Context, request: &Request, id: &str) -> Controlled {
    let message = Message::of(request);
    context.meet(request, |scene| {
        if !scene.world.meta.numbers.contains_key(id) {
            return Err(missing("such number"));
        }
        let value = incoming_value(scene, &message.from, &message.name, &message.text);
        let id_of_it = value["messages"][0]["id"].clone();
        of_number(scene, id, "messages", value);
        Ok(json!({ "id": id_of_it }))
    })
}

/// `POST /_control/360dialog/channels/{id}/incoming`
pub(super) fn dialog360(context: &Context, request: &Request, id: &str) -> Controlled {
    let message = Message::of(request);
    context.meet(request, |scene| {
        if !scene.world.dialog360.channels.contains_key(id) {
            return Err(missing("such channel"));
        }
        let value = incoming_value(scene, &message.from, &message.name, &message.text);
        let id_of_it = value["messages"][0]["id"].clone();
        dialog360::events::of_number(scene, id, "messages", value);
        Ok(json!({ "id": id_of_it }))
    })
}

/// `POST /_control/twilio/senders/{sid}/incoming`
pub(super) fn twilio(context: &Context, request: &Request, sid: &str) -> Controlled {
    let Message { from, name, text } = Message::of(request);
    context.meet(request, |scene| {
        receive(scene, sid, &from, &name, &text)
            .ok_or_else(|| missing("such sender, or it has no callback URL"))
    })
}
