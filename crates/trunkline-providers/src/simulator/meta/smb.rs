//! `POST /{number}/smb_app_data`: contacts and history of a number that stays in the WhatsApp Business app.

use serde_json::json;

use crate::simulator::{
    meta::{
        Handled, Outcome,
        errors::{self, Refused},
        events,
    },
    scene::Scene,
};

/// Each kind once.
pub(super) fn synchronise(scene: &mut Scene<'_>, id: &str) -> Handled {
    let kind = scene.request.text("sync_type").unwrap_or_default();
    if !["history", "smb_app_state_sync"].contains(&kind.as_str()) {
        return Err(errors::invalid("sync_type must be history or smb_app_state_sync"));
    }
    let Some(number) = scene.world.meta.numbers.get_mut(id) else {
        return Err(errors::unknown_node("post", id));
    };
    if number.fields.get("is_on_biz_app") != Some(&json!(true)) {
        return Err(errors::invalid("the number is not used in the WhatsApp Business app"));
    }
    if number.synchronised.contains(&kind) {
        let message = "(#4) The limit of synchronisation requests has been exceeded";
        return Err(Refused::new(400, 4, message));
    }
    number.synchronised.push(kind.clone());
    let id = id.to_owned();
    scene.later(5, move |scene| {
        let timestamp = scene.now.as_second().to_string();
        let value = if kind == "history" {
            json!({"history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 100}, "threads": []}]})
        } else {
            json!({"state_sync": [{"type": "contact", "action": "add",
                "contact": {"full_name": "Pablo Morales", "first_name": "Pablo", "phone_number": "16505551234"},
                "metadata": {"timestamp": timestamp}}]})
        };
        events::of_number(scene, &id, &kind, value);
    });
    let request = scene.world.issue.hex();
    Ok(Outcome::Done(json!({"messaging_product": "whatsapp", "request_id": &request[..32]})))
}
