//! Channels of a partner's clients.

use crate::simulator::{
    dialog360::{
        Channel, Handled,
        errors::{self, Refused},
        list::list as page,
    },
    scene::Scene,
};

const FILTERABLE: [&str; 37] = [
    "q",
    "meta_status",
    "id",
    "type",
    "status",
    "client_id",
    "version",
    "is_migrated",
    "account_mode",
    "terminated_at",
    "current_limit",
    "current_quality_rating",
    "availability_status",
    "hub_status",
    "profile_info.about_text",
    "profile_info.business_vertical",
    "profile_info.business_description",
    "profile_info.contact_email",
    "setup_info.phone_number",
    "setup_info.phone_name",
    "setup_info.was_in_use",
    "setup_info.ivr",
    "setup_info.verification_method",
    "setup_info.default_language",
    "created_at",
    "modified_at",
    "external_id",
    "project.id",
    "project.name",
    "project.license_model",
    "project.inbox",
    "client.contact_info.email",
    "client.name",
    "client.partner_payload",
    "waba_account.id",
    "waba_account.external_id",
    "waba_account.fb_account_status",
];

pub(super) fn list(scene: &Scene<'_>, partner: &str) -> Handled {
    let hub = &scene.world.dialog360;
    let own = hub.channels.iter().filter(|(_, channel)| is_of(scene, partner, channel));
    let documents = own.map(|(id, _)| hub.channel_document(id, scene.now)).collect();
    page(scene.request, "partner_channels", &FILTERABLE, documents)
}

pub(super) fn show(scene: &Scene<'_>, partner: &str, channel: &str) -> Handled {
    owned(scene, partner, channel, None)?;
    Ok((200, scene.world.dialog360.channel_document(channel, scene.now)))
}

/// A channel of this partner, and of this client if one is named.
pub(super) fn owned<'s>(
    scene: &'s Scene<'_>,
    partner: &str,
    channel: &str,
    client: Option<&str>,
) -> Result<&'s Channel, Refused> {
    let found = scene.world.dialog360.channels.get(channel);
    found
        .filter(|found| is_of(scene, partner, found))
        .filter(|found| client.is_none_or(|client| found.client == client))
        .ok_or_else(errors::not_found)
}

fn is_of(scene: &Scene<'_>, partner: &str, channel: &Channel) -> bool {
    let client = scene.world.dialog360.clients.get(&channel.client);
    client.is_some_and(|client| client.partner == partner)
}
