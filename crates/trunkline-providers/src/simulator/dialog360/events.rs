//! 360dialog's webhooks: to the partner, signed; and a channel's own, in Meta's shape, with its headers.

use serde_json::{Value, json};

use crate::simulator::{
    issue::hex,
    meta::hmac_sha256,
    scene::Scene,
    webhooks::{Retries, Webhook},
};

/// An event about a channel, to its partner.
pub(crate) fn of_channel(scene: &mut Scene<'_>, id: &str, event: &str) {
    let hub = &scene.world.dialog360;
    let Some(channel) = hub.channels.get(id) else { return };
    let Some(client) = hub.clients.get(&channel.client) else { return };
    let partner = client.partner.clone();
    let mut data = hub.channel_document(id, scene.now);
    if hub.habits.flat_events {
        let setup = &data["setup_info"];
        data = json!({"id": id, "status": data["status"], "account_mode": data["account_mode"],
            "phone_number": setup["phone_number"], "phone_name": setup["phone_name"]});
    }
    to_partner(scene, &partner, event, &data);
}

/// Any event, to a partner.
pub(crate) fn to_partner(scene: &mut Scene<'_>, partner: &str, event: &str, data: &Value) {
    let id = format!("evt_{}", &scene.world.issue.hex()[..12]);
    let hub = &scene.world.dialog360;
    let Some(partner) = hub.partners.get(partner) else { return };
    let Some(url) = partner.fields.get("webhook_url").and_then(Value::as_str) else { return };
    let mut body = json!({"id": id, "event": event, "data": data});
    if hub.habits.events_in_arrays {
        body = json!([body]);
    }
    let body = body.to_string().into_bytes();
    let signature = hex(&hmac_sha256(&partner.platform_secret, &body));
    let mut webhook = Webhook::new(url, "application/json", body, Retries::Dialog360)
        .with("x-360dialog-signature", signature);
    for (name, value) in &partner.webhook_headers {
        webhook = webhook.with(name, value);
    }
    scene.post(webhook);
}

/// A webhook of a channel's own, in Meta's shape; nobody signs it.
pub(crate) fn of_number(scene: &mut Scene<'_>, id: &str, field: &str, mut value: Value) {
    let document = scene.world.dialog360.channel_document(id, scene.now);
    let Some(channel) = scene.world.dialog360.channels.get(id) else { return };
    let Some(own) = channel.webhook.clone() else { return };
    let digits = &document["setup_info"]["phone_number"];
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] =
        json!({"display_phone_number": digits, "phone_number_id": document["external_id"]});
    let body = json!({"object": "whatsapp_business_account", "entry": [{
        "id": document["waba_account"]["external_id"],
        "changes": [{"field": field, "value": value}]}]});
    let body = body.to_string().into_bytes();
    let mut webhook = Webhook::new(&own.url, "application/json", body, Retries::Meta);
    for (name, value) in &own.headers {
        webhook = webhook.with(name, value);
    }
    scene.post(webhook);
}
