//! `/{app}/subscriptions`: where an app's webhooks go. With the app's own token.

use serde_json::{Value, json};

use crate::simulator::{
    answer::Answer,
    meta::{
        Callback, Handled, Outcome,
        caller::Caller,
        errors::{self, Refused},
        success,
    },
    scene::{Scene, Verification},
};

const OBJECT: &str = "whatsapp_business_account";

fn only_app(caller: &Caller, app: &str) -> Result<(), Refused> {
    match caller {
        Caller::App(own) if own == app => Ok(()),
        _ => {
            Err(Refused::new(400, 15, "(#15) This method must be called with an app access_token."))
        }
    }
}

pub(super) fn list(scene: &Scene<'_>, caller: &Caller, app: &str) -> Handled {
    only_app(caller, app)?;
    let callback = scene.world.meta.apps.get(app).and_then(|app| app.callback.as_ref());
    let data: Vec<Value> = callback
        .map(|callback| {
            let fields: Vec<Value> = fields_of(callback)
                .iter()
                .map(|name| json!({"name": name, "version": "v25.0"}))
                .collect();
            json!({"object": OBJECT, "callback_url": callback.url, "active": true, "fields": fields})
        })
        .into_iter()
        .collect();
    Ok(Outcome::Done(json!({ "data": data })))
}

/// Every field that is subscribed to.
fn fields_of(callback: &Callback) -> Vec<String> {
    if callback.fields.is_empty() {
        return ALL.iter().map(|name| (*name).to_owned()).collect();
    }
    callback.fields.clone()
}

/// The fields that concern a partner.
const ALL: [&str; 17] = [
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "partner_solutions",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_category_update",
    "user_preferences",
];

pub(super) fn set(scene: &mut Scene<'_>, caller: &Caller, app: &str) -> Handled {
    only_app(caller, app)?;
    if scene.request.text("object").as_deref() != Some(OBJECT) {
        return Err(errors::invalid(format!("object must be {OBJECT}")));
    }
    let missing = |name: &str| errors::invalid(format!("{name} is missing"));
    let url = scene.request.text("callback_url").ok_or_else(|| missing("callback_url"))?;
    let token = scene.request.text("verify_token").ok_or_else(|| missing("verify_token"))?;
    Ok(Outcome::Verify(Verification { url, token, taken, refused }))
}

fn taken(scene: &mut Scene<'_>) -> Answer {
    let request = scene.request;
    let rest = request.rest();
    let id = rest.get(1).copied().unwrap_or_default();
    let fields = request.text("fields").unwrap_or_default();
    let fields = fields.split(',').map(str::trim).filter(|name| !name.is_empty());
    let callback = Callback {
        url: request.text("callback_url").unwrap_or_default(),
        verify_token: request.text("verify_token").unwrap_or_default(),
        fields: fields.map(str::to_owned).collect(),
    };
    if let Some(app) = scene.world.meta.apps.get_mut(id) {
        app.callback = Some(callback);
    }
    Answer::json(200, &json!({"success": true}))
}

/// 2200 is what Meta answers when the callback is not verified.
fn refused(words: &str) -> Answer {
    let message =
        format!("(#2200) Callback verification failed with the following errors: {words}");
    Refused::new(400, 2200, message).answer()
}

pub(super) fn remove(scene: &mut Scene<'_>, caller: &Caller, app: &str) -> Handled {
    only_app(caller, app)?;
    if let Some(app) = scene.world.meta.apps.get_mut(app) {
        app.callback = None;
    }
    success()
}
