//! A day in the life of the sample, one thing at a time: for a system that is to look alive.

use serde_json::json;

use crate::simulator::{
    Simulator,
    dialog360::{control::set, events},
    incoming::Incoming,
    meta::{
        events::{of_account, of_number},
        messages::{incoming_value, message_id, status_value},
    },
    scene::Scene,
    twilio::messages::receive,
};

const TEXTS: [&str; 5] = [
    "Does it come in another colour?",
    "Is the shop open today?",
    "Where is my order?",
    "Thank you!",
    "Grüße aus Köln 👋",
];

impl Simulator {
    /// Lets one thing happen at some number: mostly messages, now and then a change of quality, limit or status.
    pub fn stir(&self, turn: u32) {
        self.step(|scene| match turn % 8 {
            1 | 5 => incoming_at_dialog360(scene, turn),
            2 => sent_at_meta(scene, turn),
            3 => incoming_at_twilio(scene, turn),
            4 => quality_at_meta(scene, turn),
            6 => channel_at_dialog360(scene, turn),
            7 => limit_at_meta(scene, turn),
            _ => incoming_at_meta(scene, turn),
        });
    }
}

/// One of them, another at each turn.
fn pick<'k>(keys: impl Iterator<Item = &'k String>, turn: u32) -> Option<String> {
    let keys: Vec<&String> = keys.collect();
    let turn = usize::try_from(turn / 8 * 7 + turn % 8).unwrap_or_default();
    keys.get(turn.checked_rem(keys.len())?).map(|key| (*key).clone())
}

fn incoming<'a>(from: &'a str, name: &'a str, turn: u32) -> Incoming<'a> {
    let text = TEXTS[usize::try_from(turn).unwrap_or_default() % TEXTS.len()];
    Incoming { from, name, text, file: None }
}

fn caller(turn: u32) -> String {
    format!("4917{:08}", 10_000_000 + turn % 50)
}

fn incoming_at_meta(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.meta.numbers.keys(), turn) else { return };
    let value = incoming_value(scene, &id, incoming(&caller(turn), "Sheena Nelson", turn));
    of_number(scene, &id, "messages", value);
}

fn sent_at_meta(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.meta.numbers.keys(), turn) else { return };
    let (message, recipient) = (message_id(scene), caller(turn));
    for (seconds, status) in [(0, "sent"), (1, "delivered"), (3, "read")] {
        let (id, message, recipient) = (id.clone(), message.clone(), recipient.clone());
        scene.later(seconds, move |scene| {
            let value = status_value(scene, &message, &recipient, status);
            of_number(scene, &id, "messages", value);
        });
    }
}

fn incoming_at_dialog360(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.dialog360.channels.keys(), turn) else { return };
    let value = incoming_value(scene, &id, incoming(&caller(turn), "Pablo Morales", turn));
    events::of_number(scene, &id, "messages", value);
}

fn incoming_at_twilio(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.twilio.senders.keys(), turn) else { return };
    receive(scene, &id, incoming(&caller(turn), "Ada Example", turn));
}

fn quality_at_meta(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.meta.numbers.keys(), turn) else { return };
    let Some(number) = scene.world.meta.numbers.get_mut(&id) else { return };
    let red = number.fields.get("quality_rating") == Some(&json!("RED"));
    let (score, event) = if red { ("GREEN", "UNFLAGGED") } else { ("RED", "FLAGGED") };
    number.fields.insert("quality_rating".into(), score.into());
    number.fields.insert("quality_score".into(), json!({ "score": score }));
    of_number(scene, &id, "phone_number_quality_update", json!({ "event": event }));
}

fn channel_at_dialog360(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.dialog360.channels.keys(), turn) else { return };
    set(scene, &id, &[("current_quality_rating", "Medium".into())]);
    events::of_channel(scene, &id, "channel_live");
}

fn limit_at_meta(scene: &mut Scene<'_>, turn: u32) {
    let Some(id) = pick(scene.world.meta.accounts.keys(), turn) else { return };
    let Some(account) = scene.world.meta.accounts.get(&id) else { return };
    let limit = if turn % 16 == 7 { "TIER_10K" } else { "TIER_100K" };
    if let Some(business) = scene.world.meta.businesses.get_mut(&account.business) {
        limit.clone_into(&mut business.messaging_limit);
    }
    let value =
        json!({"max_daily_conversations_per_business": limit, "max_phone_numbers_per_waba": 25});
    of_account(scene, &id, "business_capability_update", &value);
}
