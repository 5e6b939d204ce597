//! Quality, status and limit of Meta's numbers.

use serde_json::{Value, json};

use super::{Controlled, missing, wrong};
use crate::simulator::{
    context::Context,
    meta::events::{of_account, of_number},
    request::Request,
    scene::Scene,
};

/// `POST /_control/meta/numbers/{id}`: sets fields as the Graph API shows them, and sends what Meta would.
pub(super) fn number(context: &Context, request: &Request, id: &str) -> Controlled {
    let changes = request.json.as_object().ok_or_else(|| wrong("the fields to set, as JSON"))?;
    context.meet(request, |scene| {
        let number = scene.world.meta.numbers.get_mut(id).ok_or_else(|| missing("such number"))?;
        number.fields.extend(changes.clone());
        if let Some(score) = changes.get("quality_rating") {
            number.fields.insert("quality_score".into(), json!({ "score": score }));
        }
        tell(scene, id, changes);
        Ok(scene.world.meta.number_document(id).into())
    })
}

/// Meta's webhook of quality names no colour: what it is has to be read.
fn tell(scene: &mut Scene<'_>, id: &str, changes: &serde_json::Map<String, Value>) {
    let text = |name: &str| changes.get(name).and_then(Value::as_str);
    let limit = scene.world.meta.number_document(id);
    let limit = limit.get("whatsapp_business_manager_messaging_limit").cloned().unwrap_or_default();
    let quality = match (text("status"), text("quality_rating")) {
        (Some("FLAGGED"), _) | (None, Some("RED")) => Some("FLAGGED"),
        (Some("CONNECTED"), _) | (None, Some(_)) => Some("UNFLAGGED"),
        _ => None,
    };
    if let Some(event) = quality {
        let value = json!({"event": event, "current_limit": limit, "max_daily_conversations_per_business": limit});
        of_number(scene, id, "phone_number_quality_update", value);
    }
    if text("status") == Some("BANNED") {
        let account = scene.world.meta.numbers.get(id).map(|number| number.account.clone());
        let value = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE",
            "waba_ban_date": scene.now.strftime("%B %-d, %Y").to_string()}});
        of_account(scene, &account.unwrap_or_default(), "account_update", &value);
    }
}

/// `POST /_control/meta/businesses/{id}`: name, verification, and the limit that all its numbers share.
pub(super) fn business(context: &Context, request: &Request, id: &str) -> Controlled {
    context.meet(request, |scene| {
        let business = scene.world.meta.businesses.get_mut(id);
        let business = business.ok_or_else(|| missing("such business"))?;
        if let Some(name) = request.text("name") {
            business.name = name;
        }
        if let Some(status) = request.text("verification_status") {
            business.verification_status = status;
        }
        if let Some(limit) = request.text("messaging_limit") {
            business.messaging_limit.clone_from(&limit);
            let accounts = scene.world.meta.accounts.iter();
            let owned = accounts.filter(|(_, account)| account.business == id);
            let owned: Vec<String> = owned.map(|(account, _)| account.clone()).collect();
            for account in owned {
                let mut value = json!({ "max_daily_conversations_per_business": limit });
                let numbers = if limit == "TIER_250" { "business" } else { "waba" };
                value[format!("max_phone_numbers_per_{numbers}")] =
                    if limit == "TIER_250" { 2 } else { 25 }.into();
                of_account(scene, &account, "business_capability_update", &value);
            }
        }
        Ok(json!(scene.world.meta.businesses.get(id)))
    })
}
