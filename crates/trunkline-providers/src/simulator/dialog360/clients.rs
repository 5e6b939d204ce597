//! Clients of a partner.

use crate::simulator::{
    dialog360::{
        Handled,
        errors::{self, Refused},
        list::list as page,
    },
    scene::Scene,
};

const FILTERABLE: [&str; 19] = [
    "id",
    "name",
    "status",
    "meta_info.business_vertical",
    "meta_info.timezone",
    "meta_info.about",
    "meta_info.business_description",
    "meta_info.use_case",
    "contact_info.webpage_url",
    "contact_info.phone",
    "contact_info.language",
    "contact_info.country",
    "contact_info.street_name",
    "contact_info.city",
    "contact_info.email",
    "contact_info.zip_code",
    "contact_user.phone",
    "contact_user.email",
    "contact_user.name",
];

pub(super) fn list(scene: &Scene<'_>, partner: &str) -> Handled {
    let hub = &scene.world.dialog360;
    let own = hub.clients.iter().filter(|(_, client)| client.partner == partner);
    let documents = own.map(|(id, _)| hub.client_document(id)).collect();
    page(scene.request, "clients", &FILTERABLE, documents)
}

/// A client of this partner.
pub(super) fn owned(scene: &Scene<'_>, partner: &str, client: &str) -> Result<(), Refused> {
    match scene.world.dialog360.clients.get(client) {
        Some(found) if found.partner == partner => Ok(()),
        _ => Err(errors::not_found()),
    }
}

pub(super) fn change(scene: &mut Scene<'_>, partner: &str, client: &str) -> Handled {
    owned(scene, partner, client)?;
    let changes = scene.request.json.as_object().cloned().unwrap_or_default();
    let allowed = ["partner_payload", "max_channels"];
    if let Some(unknown) = changes.keys().find(|name| !allowed.contains(&name.as_str())) {
        return Err(errors::wrong_payload(format!("{unknown}: unknown field")));
    }
    if let Some(stored) = scene.world.dialog360.clients.get_mut(client) {
        stored.fields.extend(changes);
        stored.fields.insert("modified_at".into(), scene.now.to_string().into());
    }
    Ok((200, scene.world.dialog360.client_document(client)))
}
