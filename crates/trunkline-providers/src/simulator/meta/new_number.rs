//! `POST /{account}/phone_numbers`: a number made by the API, still to be verified.

use serde_json::json;

use crate::simulator::{
    meta::{
        Handled, Outcome,
        errors::{self, Refused},
        graph::Number,
    },
    scene::Scene,
};

pub(super) fn create(scene: &mut Scene<'_>, account: &str) -> Handled {
    let request = scene.request;
    // The parameter has two names in Meta's own material.
    let country = request.text("cc").or_else(|| request.text("country_code"));
    let digits = |text: Option<String>| {
        text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let missing = |name: &str| errors::invalid(format!("{name} must be digits"));
    let country = digits(country).ok_or_else(|| missing("cc"))?;
    let local = digits(request.text("phone_number")).ok_or_else(|| missing("phone_number"))?;
    let name = request.text("verified_name");
    let name = name.ok_or_else(|| errors::invalid("verified_name is missing"))?;
    let shown = format!("+{country} {local}");
    let graph = &scene.world.meta;
    let taken = graph.numbers.values().any(|number| {
        number.fields.get("display_phone_number").and_then(|text| text.as_str()) == Some(&shown)
    });
    if taken {
        let message = "(#100) The phone number is already in your list";
        return Err(Refused::new(400, 100, message).subcode(2_388_012));
    }
    let id = scene.world.issue.number();
    let fields = json!({
        "verified_name": name, "display_phone_number": shown, "quality_rating": "UNKNOWN",
        "quality_score": {"score": "UNKNOWN"}, "status": "PENDING",
        "code_verification_status": "NOT_VERIFIED", "name_status": "PENDING_REVIEW",
        "new_name_status": "NONE", "platform_type": "NOT_APPLICABLE",
        "throughput": {"level": "NOT_APPLICABLE"}, "account_mode": "LIVE",
        "is_official_business_account": false, "is_on_biz_app": false, "is_preverified_number": false,
        "search_visibility": "NON_VISIBLE", "last_onboarded_time": scene.now.to_string(),
        "health_status": {"can_send_message": "BLOCKED", "entities": []},
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let number = Number { account: account.to_owned(), fields, ..Number::default() };
    scene.world.meta.numbers.insert(id.clone(), number);
    Ok(Outcome::Done(json!({ "id": id })))
}
