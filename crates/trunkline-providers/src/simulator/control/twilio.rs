//! What befalls Twilio's senders and accounts.

use serde::Deserialize;
use serde_json::json;

use super::{Controlled, missing, wrong};
use crate::simulator::{
    context::Context,
    request::Request,
    twilio::{SharedKey, events::post_json, senders::document},
};

/// `POST /_control/twilio/senders/{sid}`: status, properties, and whatever else the API shows. No webhook tells of it.
pub(super) fn sender(context: &Context, request: &Request, sid: &str) -> Controlled {
    let changes = request.json.as_object().ok_or_else(|| wrong("the fields to set, as JSON"))?;
    context.meet(request, |scene| {
        let sender = scene.world.twilio.senders.get_mut(sid);
        let sender = sender.ok_or_else(|| missing("such sender"))?;
        for (name, value) in changes {
            match (name.as_str(), value.as_str(), value.as_bool()) {
                ("status", Some(status), _) => status.clone_into(&mut sender.status),
                ("owned_by_twilio", _, Some(owned)) => sender.owned_by_twilio = owned,
                ("is_reviewed", _, Some(reviewed)) => sender.is_reviewed = reviewed,
                ("quality_rating" | "messaging_limit", ..) => {
                    let properties = sender.fields.entry("properties").or_insert_with(|| json!({}));
                    properties[name] = value.clone();
                }
                _ => {
                    sender.fields.insert(name.clone(), value.clone());
                }
            }
        }
        Ok(document(scene, sid))
    })
}

/// `POST /_control/twilio/accounts/{sid}`: `{"status": "suspended"}`, another auth token, a shared key or none.
pub(super) fn account(context: &Context, request: &Request, sid: &str) -> Controlled {
    let shared_key = request.json.get("shared_key").map(Option::<SharedKey>::deserialize);
    let shared_key =
        shared_key.transpose().map_err(|error| wrong(format!("shared_key: {error}")))?;
    context.meet(request, |scene| {
        let account = scene.world.twilio.accounts.get_mut(sid);
        let account = account.ok_or_else(|| missing("such account"))?;
        if let Some(status) = request.text("status") {
            account.status = status;
        }
        if let Some(token) = request.text("auth_token") {
            account.auth_token = token;
        }
        if let Some(key) = shared_key {
            account.shared_key = key;
        }
        Ok(json!({"status": account.status}))
    })
}

/// `POST /_control/twilio/webhooks`: any JSON, to any URL, signed for an account.
pub(super) fn webhook(context: &Context, request: &Request) -> Controlled {
    let text =
        |name: &str| request.json[name].as_str().ok_or_else(|| wrong(format!("{name} is missing")));
    let (account, url) = (text("account")?, text("url")?);
    context.meet(request, |scene| {
        post_json(scene, account, url, &request.json["body"]);
        Ok(json!({"sent": true}))
    })
}
