//! What befalls 360dialog's channels.

use serde_json::{Value, json};

use super::{Controlled, missing, wrong};
use crate::simulator::{
    context::Context,
    dialog360::{
        control::set,
        events::{of_channel, to_partner},
        signup::{Made, client_of, make_channel},
    },
    request::Request,
};

/// `POST /_control/360dialog/channels/{id}`: fields as the Partner API shows them; `permitted`; an `event` to send.
pub(super) fn channel(context: &Context, request: &Request, id: &str) -> Controlled {
    let changes = request.json.as_object().ok_or_else(|| wrong("the fields to set, as JSON"))?;
    context.meet(request, |scene| {
        let channel = scene.world.dialog360.channels.get_mut(id);
        let channel = channel.ok_or_else(|| missing("such channel"))?;
        if let Some(permitted) = changes.get("permitted").and_then(Value::as_bool) {
            channel.permitted = permitted;
        }
        let ours = ["permitted", "event"];
        let fields: Vec<(&str, Value)> = changes
            .iter()
            .filter(|(name, _)| !ours.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        set(scene, id, &fields);
        if let Some(event) = changes.get("event").and_then(Value::as_str) {
            of_channel(scene, id, event);
        }
        Ok(scene.world.dialog360.channel_document(id, scene.now))
    })
}

/// `POST /_control/360dialog/signup`: somebody connects a number, without the page.
pub(super) fn signup(context: &Context, request: &Request) -> Controlled {
    let text = |name: &str, usual: &str| request.text(name).unwrap_or_else(|| usual.to_owned());
    context.meet(request, |scene| {
        let first = scene.world.dialog360.partners.keys().next().cloned();
        let partner = request.text("partner").or(first).ok_or_else(|| missing("partner"))?;
        let (name, email) = (text("name", "Example Bakery"), text("email", "owner@example.com"));
        let client = client_of(scene, &partner, &name, &email);
        let (account, external) = (scene.world.issue.number(), scene.world.issue.number());
        let permitted = request.json["permitted"].as_bool().unwrap_or(true);
        let digits = text("number", "4930123456");
        let channel = make_channel(scene, &client, &Made { account, external, digits, permitted });
        Ok(json!({"client_id": client, "channel_id": channel}))
    })
}

/// `POST /_control/360dialog/webhooks`: any event with any data, to a partner.
pub(super) fn webhook(context: &Context, request: &Request) -> Controlled {
    let text =
        |name: &str| request.json[name].as_str().ok_or_else(|| wrong(format!("{name} is missing")));
    let (partner, event) = (text("partner")?, text("event")?);
    context.meet(request, |scene| {
        to_partner(scene, partner, event, &request.json["data"]);
        Ok(json!({"sent": true}))
    })
}
