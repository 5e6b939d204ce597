//! Meta's webhooks: their envelope, their signature, and where they go.

use serde_json::{Value, json};

use crate::simulator::{
    issue::hex,
    meta::{caller::hmac_sha256, escape::escaped},
    scene::Scene,
    webhooks::{Retries, Webhook},
};

/// Fields whose entries carry no time.
const WITHOUT_TIME: [&str; 6] = [
    "messages",
    "history",
    "smb_app_state_sync",
    "smb_message_echoes",
    "user_preferences",
    "automatic_events",
];

/// A webhook about an account, to the apps that are subscribed to it.
pub(crate) fn of_account(scene: &mut Scene<'_>, account: &str, field: &str, value: &Value) {
    let entry = entry(scene, account, field, value);
    let subscribed = scene.world.meta.accounts.get(account);
    let subscribed = subscribed.map(|account| account.subscribed_apps.clone()).unwrap_or_default();
    for (app, own) in subscribed {
        // Overrides are for webhooks of messages, say the pages about them.
        let own = own.filter(|_| field == "messages").map(|own| own.url);
        to_app(scene, &app, own, field, &entry);
    }
}

/// A webhook about a number; its digits are added where the field names numbers by them.
pub(crate) fn of_number(scene: &mut Scene<'_>, id: &str, field: &str, mut value: Value) {
    let Some(number) = scene.world.meta.numbers.get(id) else { return };
    let account = number.account.clone();
    let digits = digits(&number.fields["display_phone_number"]);
    if WITHOUT_TIME.contains(&field) {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] = json!({"display_phone_number": digits, "phone_number_id": id});
    } else {
        value["display_phone_number"] = digits.into();
    }
    let own = number.callback.as_ref().map(|own| own.url.clone());
    let Some(own) = own.filter(|_| field == "messages") else {
        return of_account(scene, &account, field, &value);
    };
    let entry = entry(scene, &account, field, &value);
    let subscribed = scene.world.meta.accounts.get(&account);
    let apps: Vec<String> = subscribed
        .into_iter()
        .flat_map(|account| account.subscribed_apps.keys())
        .cloned()
        .collect();
    for app in apps {
        to_app(scene, &app, Some(own.clone()), field, &entry);
    }
}

/// A webhook to the partner of an app, about an account that may not be subscribed to.
pub(crate) fn of_partner(scene: &mut Scene<'_>, app: &str, field: &str, value: &Value) {
    let business = scene.world.meta.apps.get(app).map(|app| app.business.clone());
    let entry = entry(scene, &business.unwrap_or_default(), field, value);
    to_app(scene, app, None, field, &entry);
}

fn entry(scene: &Scene<'_>, id: &str, field: &str, value: &Value) -> Value {
    let changes = json!([{"field": field, "value": value}]);
    if WITHOUT_TIME.contains(&field) {
        return json!({"id": id, "changes": changes});
    }
    json!({"id": id, "time": scene.now.as_second(), "changes": changes})
}

fn to_app(scene: &mut Scene<'_>, app: &str, own: Option<String>, field: &str, entry: &Value) {
    let Some(app) = scene.world.meta.apps.get(app) else { return };
    let wanted = |fields: &[String]| fields.is_empty() || fields.iter().any(|name| name == field);
    let Some(callback) = app.callback.as_ref().filter(|callback| wanted(&callback.fields)) else {
        return;
    };
    let url = own.unwrap_or_else(|| callback.url.clone());
    let body = json!({"object": "whatsapp_business_account", "entry": [entry]});
    let webhook = signed(&url, &app.secret, &body);
    scene.post(webhook);
}

/// The webhook as it goes over the wire.
pub(crate) fn signed(url: &str, secret: &str, body: &Value) -> Webhook {
    let body = escaped(body).into_bytes();
    let signature = format!("sha256={}", hex(&hmac_sha256(secret, &body)));
    Webhook::new(url, "application/json", body, Retries::Meta)
        .with("x-hub-signature-256", signature)
}

/// A display number as webhooks write it.
pub(crate) fn digits(shown: &Value) -> String {
    shown.as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
}
