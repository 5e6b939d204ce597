//! Messaging keys of a channel. Making one revokes those before it.

use serde_json::{Value, json};

use crate::simulator::{
    dialog360::{Handled, Key, channels::owned, errors},
    scene::Scene,
};

/// Stands for a key that is not shown.
const MASKED: &str = "****";

pub(super) fn answer(scene: &mut Scene<'_>, method: &str, partner: &str, channel: &str) -> Handled {
    let permitted = owned(scene, partner, channel, None)?.permitted;
    match method {
        "GET" => list(scene, channel),
        "POST" if permitted => create(scene, channel),
        "POST" => Err(errors::forbidden()),
        "DELETE" => {
            if let Some(channel) = scene.world.dialog360.channels.get_mut(channel) {
                channel.keys.clear();
            }
            Ok((200, json!({"meta": {"success": true, "http_code": 200}})))
        }
        _ => Err(errors::not_found()),
    }
}

fn list(scene: &Scene<'_>, channel: &str) -> Handled {
    let hub = &scene.world.dialog360;
    let keys = hub.channels.get(channel).into_iter().flat_map(|channel| &channel.keys);
    let keys: Vec<Value> = keys
        .map(|key| {
            let text = if hub.habits.shows_keys { key.api_key.as_str() } else { MASKED };
            json!({"id": key.id, "address": address(scene), "api_key": text, "app_id": "app"})
        })
        .collect();
    Ok((200, json!({ "api_keys": keys })))
}

fn create(scene: &mut Scene<'_>, channel: &str) -> Handled {
    let key = Key { id: scene.world.issue.short("AK"), api_key: scene.world.issue.hex() };
    let body =
        json!({"id": key.id, "address": address(scene), "api_key": key.api_key, "app_id": "app"});
    if let Some(channel) = scene.world.dialog360.channels.get_mut(channel) {
        channel.keys = vec![key];
    }
    Ok((201, body))
}

/// Where the messaging API is.
fn address(scene: &Scene<'_>) -> String {
    format!("{}/360dialog/waba", scene.base)
}
