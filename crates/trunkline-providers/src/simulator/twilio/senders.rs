//! WhatsApp senders (`/v2/Channels/Senders`).

use serde_json::{Value, json};

use crate::simulator::{
    scene::Scene,
    twilio::{
        Cloud, Handled,
        accounts::{Login, reached, sign_in},
        errors, registration,
    },
};

const USUAL: usize = 20;

pub(super) fn answer(scene: &mut Scene<'_>, method: &str, path: &[&str]) -> Handled {
    let login = sign_in(scene)?;
    match (method, path) {
        ("GET", []) => list(scene, &login),
        ("POST", []) => registration::create(scene, &login),
        ("POST", [sid]) if is_reached(scene, &login, sid) => registration::update(scene, sid),
        ("DELETE", [sid]) if is_reached(scene, &login, sid) => {
            scene.world.twilio.senders.remove(*sid);
            Ok((204, Value::Null))
        }
        ("GET", [sid]) if is_reached(scene, &login, sid) => Ok((200, document(scene, sid))),
        _ => Err(errors::not_found(&scene.request.path)),
    }
}

fn is_reached(scene: &Scene<'_>, login: &Login, sid: &str) -> bool {
    let cloud = &scene.world.twilio;
    cloud.senders.get(sid).is_some_and(|sender| is_own(cloud, login, &sender.account))
}

fn is_own(cloud: &Cloud, login: &Login, account: &str) -> bool {
    account == login.account
        || (!cloud.senders_need_own_credentials && reached(cloud, login, account).is_some())
}

/// A sender as the API shows it.
pub(crate) fn document(scene: &Scene<'_>, sid: &str) -> Value {
    let Some(sender) = scene.world.twilio.senders.get(sid) else { return Value::Null };
    let mut document = json!({
        "sid": sid,
        "status": sender.status,
        "sender_id": null,
        "configuration": null,
        "webhook": null,
        "profile": null,
        "compliance": null,
        "properties": null,
        "offline_reasons": null,
        "url": format!("{}/twilio/v2/Channels/Senders/{sid}", scene.base),
    });
    for (name, value) in &sender.fields {
        document[name] = value.clone();
    }
    document
}

fn list(scene: &Scene<'_>, login: &Login) -> Handled {
    let request = scene.request;
    if request.text("Channel").as_deref() != Some("whatsapp") {
        return Err(errors::invalid("Channel must be whatsapp"));
    }
    let size = request.number("PageSize").unwrap_or(USUAL).clamp(1, 1000);
    let page = request.number("Page").unwrap_or(0);
    let cloud = &scene.world.twilio;
    let own = cloud.senders.iter().filter(|(_, sender)| is_own(cloud, login, &sender.account));
    let sids: Vec<&String> = own.map(|(sid, _)| sid).collect();
    let shown: Vec<Value> =
        sids.iter().skip(page * size).take(size).map(|sid| document(scene, sid)).collect();
    let url = |page: usize| {
        format!(
            "{}/twilio/v2/Channels/Senders?PageSize={size}&Page={page}&Channel=whatsapp",
            scene.base
        )
    };
    let next = ((page + 1) * size < sids.len()).then(|| url(page + 1));
    Ok((
        200,
        json!({"senders": shown, "meta": {"key": "senders", "page": page, "page_size": size,
            "first_page_url": url(0), "previous_page_url": page.checked_sub(1).map(url),
            "url": url(page), "next_page_url": next}}),
    ))
}
