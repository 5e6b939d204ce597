//! A number's business profile and settings.

use serde_json::{Value, json};

use crate::simulator::{
    meta::{
        Handled, Outcome, errors,
        fields::{Kind, pick, wanted},
        success,
    },
    scene::Scene,
};

const PROFILE: Kind = Kind {
    name: "WhatsAppBusinessProfile",
    known: &[
        "about",
        "address",
        "description",
        "email",
        "messaging_product",
        "profile_picture_url",
        "vertical",
        "websites",
    ],
    usual: &["messaging_product"],
};

/// `GET /{number}/whatsapp_business_profile`
pub(super) fn show(scene: &Scene<'_>, id: &str) -> Handled {
    let fields = wanted(scene.request, &PROFILE)?;
    let number = scene.world.meta.numbers.get(id);
    let mut document = number.map(|number| number.profile.clone()).unwrap_or_default();
    document.insert("messaging_product".into(), "whatsapp".into());
    Ok(Outcome::Done(json!({"data": [pick(&document, &fields)]})))
}

/// `POST /{number}/whatsapp_business_profile`
pub(super) fn change(scene: &mut Scene<'_>, id: &str) -> Handled {
    let changes = scene.request.parameters.clone();
    let known = |name: &String| PROFILE.known.contains(&name.as_str()) || is_of_the_call(name);
    if let Some(unknown) = changes.keys().find(|name| !known(name)) {
        return Err(errors::invalid(format!("{unknown} is no field of the profile")));
    }
    if let Some(number) = scene.world.meta.numbers.get_mut(id) {
        number.profile.extend(changes.into_iter().filter(|(name, _)| !is_of_the_call(name)));
    }
    success()
}

fn is_of_the_call(name: &str) -> bool {
    ["access_token", "appsecret_proof"].contains(&name)
}

/// `GET /{number}/settings`
pub(super) fn settings(scene: &Scene<'_>, id: &str) -> Handled {
    let number = scene.world.meta.numbers.get(id);
    let mut document =
        json!({"calling": {"status": "DISABLED"}, "storage_configuration": {"status": "DEFAULT"}});
    for (name, value) in number.into_iter().flat_map(|number| &number.settings) {
        document[name] = value.clone();
    }
    Ok(Outcome::Done(document))
}

/// `POST /{number}/settings`: where data is stored is fixed while the number is registered.
pub(super) fn change_settings(scene: &mut Scene<'_>, id: &str) -> Handled {
    let changes = scene.request.json.as_object().cloned().unwrap_or_default();
    let Some(number) = scene.world.meta.numbers.get_mut(id) else {
        return Err(errors::unknown_node("post", id));
    };
    let registered = number.fields.get("status").and_then(Value::as_str) == Some("CONNECTED");
    if registered && changes.contains_key("storage_configuration") {
        return Err(errors::invalid(
            "deregister the number before you change where it stores data",
        ));
    }
    number.settings.extend(changes);
    success()
}
