//! Cancelling a channel, which takes effect at the end of the month, and taking that back.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use crate::simulator::{
    dialog360::{Handled, channels::owned, errors, events::of_channel},
    scene::Scene,
};

pub(super) fn cancel(scene: &mut Scene<'_>, partner: &str, client: &str, channel: &str) -> Handled {
    owned(scene, partner, channel, Some(client))?;
    set(
        scene,
        channel,
        &[
            ("hub_status", "pending_deletion".into()),
            ("cancelled_at", scene.now.to_string().into()),
        ],
    );
    of_channel(scene, channel, "cancellation_request");
    let (id, end) = (channel.to_owned(), end_of_month(scene.now));
    scene.later(end.duration_since(scene.now).as_secs(), move |scene| {
        let document = scene.world.dialog360.channel_document(&id, scene.now);
        if document["hub_status"] == "pending_deletion" {
            let end = scene.now.to_string();
            set(scene, &id, &[("hub_status", "deleted".into()), ("terminated_at", end.into())]);
            of_channel(scene, &id, "cancellation_processed");
        }
    });
    Ok((200, scene.world.dialog360.channel_document(channel, scene.now)))
}

pub(super) fn reactivate(
    scene: &mut Scene<'_>,
    partner: &str,
    client: &str,
    channel: &str,
) -> Handled {
    let found = owned(scene, partner, channel, Some(client))?;
    if found.fields.get("hub_status") != Some(&json!("pending_deletion")) {
        return Err(errors::wrong_payload("there is no pending cancellation"));
    }
    set(scene, channel, &[("hub_status", "live".into()), ("cancelled_at", Value::Null)]);
    of_channel(scene, channel, "cancellation_revoke");
    Ok((200, scene.world.dialog360.channel_document(channel, scene.now)))
}

/// Sets fields of a channel.
pub(crate) fn set(scene: &mut Scene<'_>, channel: &str, fields: &[(&str, Value)]) {
    let now = scene.now.to_string();
    if let Some(channel) = scene.world.dialog360.channels.get_mut(channel) {
        for (name, value) in fields {
            channel.fields.insert((*name).to_owned(), value.clone());
        }
        channel.fields.insert("modified_at".into(), now.into());
    }
}

fn end_of_month(now: Timestamp) -> Timestamp {
    let month = now.to_zoned(TimeZone::UTC).first_of_month();
    let next = month.and_then(|month| month.checked_add(1.month())?.start_of_day());
    next.map_or(now, |next| next.timestamp())
}
