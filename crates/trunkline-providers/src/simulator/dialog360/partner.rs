//! The partner: who may ask, the object, where its webhooks go.

use serde_json::{Value, json};

use crate::simulator::{
    dialog360::{
        Handled,
        errors::{self, Refused},
    },
    scene::Scene,
};

/// A key or bearer token that is known, and of this partner.
pub(super) fn authorise(scene: &Scene<'_>, partner: &str) -> Result<(), Refused> {
    let hub = &scene.world.dialog360;
    let holder = if let Some(key) = scene.request.header("x-api-key") {
        let mut partners = hub.partners.iter();
        let found = partners.find(|(_, partner)| partner.api_keys.iter().any(|own| own == key));
        found.map(|(id, _)| id)
    } else {
        let token = scene.request.bearer().and_then(|token| hub.tokens.get(token));
        token.filter(|(_, end)| *end > scene.now).map(|(id, _)| id)
    };
    match holder {
        None => Err(errors::unauthorised()),
        Some(holder) if holder == partner => Ok(()),
        Some(_) => Err(errors::forbidden()),
    }
}

pub(super) fn show(scene: &Scene<'_>, partner: &str) -> Handled {
    Ok((200, scene.world.dialog360.partner_document(partner)))
}

/// What may be changed through the API.
const CHANGEABLE: [&str; 6] = [
    "brand_name",
    "logo_url",
    "partner_redirect_url",
    "settings",
    "webhook_url",
    "allow_client_to_add_phone_no",
];

pub(super) fn change(scene: &mut Scene<'_>, partner: &str) -> Handled {
    let Some(changes) = scene.request.json.as_object() else {
        return Err(errors::wrong_payload("the body is no JSON object"));
    };
    if let Some(unknown) = changes.keys().find(|name| !CHANGEABLE.contains(&name.as_str())) {
        return Err(errors::wrong_payload(format!("{unknown}: unknown field")));
    }
    if let Some(stored) = scene.world.dialog360.partners.get_mut(partner) {
        stored.fields.extend(changes.clone());
    }
    show(scene, partner)
}

pub(super) fn show_webhook(scene: &Scene<'_>, partner: &str) -> Handled {
    let document = scene.world.dialog360.partner_document(partner);
    Ok((200, json!({"webhook_url": document["webhook_url"]})))
}

/// Takes a boolean, and its name in quotes as the reference's example has it.
pub(super) fn auto_approve(scene: &mut Scene<'_>, partner: &str) -> Handled {
    let approve = match scene.request.text("auto_approve").as_deref() {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(errors::wrong_payload("auto_approve: true or false")),
    };
    if let Some(stored) = scene.world.dialog360.partners.get_mut(partner) {
        let settings = stored.fields.entry("settings").or_insert_with(|| json!({}));
        settings["partner_change_request"] = json!({"auto_approve": approve});
    }
    Ok((
        200,
        json!({"meta": {"success": true, "http_code": 200}, "auto_approve": Value::Bool(approve)}),
    ))
}
