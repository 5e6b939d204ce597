//! `/{account}/subscribed_apps`: which apps receive an account's webhooks, and where.

use serde_json::{Value, json};

use crate::simulator::{
    answer::Answer,
    meta::{Handled, Outcome, caller::Caller, errors, graph::Override, success},
    scene::{Scene, Verification},
};

/// The longest override.
const LONGEST: usize = 200;

pub(super) fn list(scene: &Scene<'_>, id: &str) -> Handled {
    let graph = &scene.world.meta;
    let subscribed =
        graph.accounts.get(id).into_iter().flat_map(|account| &account.subscribed_apps);
    let data: Vec<Value> = subscribed
        .map(|(app, own)| {
            let name = graph.apps.get(app).map(|app| app.name.as_str()).unwrap_or_default();
            let link = format!("https://www.facebook.com/games/?app_id={app}");
            let mut entry =
                json!({"whatsapp_business_api_data": {"id": app, "link": link, "name": name}});
            if let Some(own) = own {
                entry["override_callback_uri"] = own.url.clone().into();
            }
            entry
        })
        .collect();
    Ok(Outcome::Done(json!({ "data": data })))
}

/// Without a body an override is taken away.
pub(super) fn subscribe(scene: &mut Scene<'_>, caller: &Caller, id: &str) -> Handled {
    let Some(url) = scene.request.text("override_callback_uri") else {
        put(scene, caller, id, None);
        return success();
    };
    if url.len() > LONGEST {
        return Err(errors::invalid("override_callback_uri is longer than 200 characters"));
    }
    let token = scene.request.text("verify_token");
    let token = token.ok_or_else(|| errors::invalid("verify_token is missing"))?;
    Ok(Outcome::Verify(Verification { url, token, taken, refused }))
}

fn taken(scene: &mut Scene<'_>) -> Answer {
    let request = scene.request;
    let rest = request.rest();
    let id = rest.get(1).copied().unwrap_or_default();
    let url = request.text("override_callback_uri").unwrap_or_default();
    let verify_token = request.text("verify_token").unwrap_or_default();
    // The caller was good a moment ago, before the handshake.
    if let Ok(caller) = Caller::of(scene) {
        put(scene, &caller, id, Some(Override { url, verify_token }));
    }
    Answer::json(200, &json!({"success": true}))
}

fn put(scene: &mut Scene<'_>, caller: &Caller, id: &str, own: Option<Override>) {
    if let Some(account) = scene.world.meta.accounts.get_mut(id) {
        account.subscribed_apps.insert(caller.app().to_owned(), own);
    }
}

pub(super) fn refused(words: &str) -> Answer {
    let details = format!("Webhook callback URL is not reachable or invalid: {words}");
    errors::invalid(details).answer()
}

pub(super) fn unsubscribe(scene: &mut Scene<'_>, caller: &Caller, id: &str) -> Handled {
    if let Some(account) = scene.world.meta.accounts.get_mut(id) {
        account.subscribed_apps.remove(caller.app());
    }
    success()
}
