//! A business phone number.

use serde_json::{Value, json};

use crate::simulator::{
    answer::Answer,
    media,
    meta::{
        Handled, Outcome,
        caller::Caller,
        errors, events,
        fields::{Kind, pick, wanted},
        graph::Override,
        messages, profile,
        register::{self, set},
        smb, subscribed_apps, success, verification,
    },
    scene::{Scene, Verification},
};

pub(super) const NUMBER: Kind = Kind {
    name: "WhatsAppBusinessPhoneNumber",
    known: &[
        "account_mode",
        "certificate",
        "code_verification_status",
        "conversational_automation",
        "country_code",
        "country_dial_code",
        "display_phone_number",
        "eligibility_for_api_business_global_search",
        "health_status",
        "host_platform",
        "is_official_business_account",
        "is_on_biz_app",
        "is_pin_enabled",
        "is_preverified_number",
        "last_onboarded_time",
        "messaging_limit_tier",
        "name_status",
        "new_certificate",
        "new_name_status",
        "platform_type",
        "quality_rating",
        "quality_score",
        "search_visibility",
        "status",
        "throughput",
        "unified_cert_status",
        "username",
        "verified_name",
        "webhook_configuration",
        "whatsapp_business_manager_messaging_limit",
    ],
    usual: &[
        "verified_name",
        "code_verification_status",
        "display_phone_number",
        "quality_rating",
        "platform_type",
        "throughput",
    ],
};

pub(super) fn answer(
    scene: &mut Scene<'_>,
    caller: &Caller,
    method: &str,
    id: &str,
    edge: &[&str],
) -> Handled {
    if edge == ["messages"] {
        caller.needs("whatsapp_business_messaging")?;
        return messages::send(scene, method, id);
    }
    if method == "POST" && edge == ["media"] {
        caller.needs("whatsapp_business_messaging")?;
        return media::upload(scene, id).map(Outcome::Done).map_err(errors::invalid);
    }
    caller.needs("whatsapp_business_management")?;
    match (method, edge) {
        ("GET", []) => show(scene, id),
        ("POST", []) => change(scene, id),
        ("POST", ["register"]) => register::register(scene, id),
        ("POST", ["deregister"]) => register::deregister(scene, id),
        ("POST", ["request_code"]) => verification::request_code(scene, id),
        ("POST", ["verify_code"]) => verification::verify_code(scene, id),
        ("GET", ["settings"]) => profile::settings(scene, id),
        ("POST", ["settings"]) => profile::change_settings(scene, id),
        ("GET", ["whatsapp_business_profile"]) => profile::show(scene, id),
        ("POST", ["whatsapp_business_profile"]) => profile::change(scene, id),
        ("POST", ["smb_app_data"]) => smb::synchronise(scene, id),
        _ => Err(errors::unknown_node(method, id)),
    }
}

fn show(scene: &Scene<'_>, id: &str) -> Handled {
    let fields = wanted(scene.request, &NUMBER)?;
    Ok(Outcome::Done(pick(&scene.world.meta.number_document(id), &fields).into()))
}

/// `POST /{number}`: a PIN, a display name, or a callback URL of its own.
fn change(scene: &mut Scene<'_>, id: &str) -> Handled {
    let request = scene.request;
    if let Some(own) = request.parameters.get("webhook_configuration") {
        let text = |name: &str| own[name].as_str().map(str::to_owned);
        let url = text("override_callback_uri").unwrap_or_default();
        if url.is_empty() {
            number(scene, id)?.callback = None;
            return success();
        }
        let token =
            text("verify_token").ok_or_else(|| errors::invalid("verify_token is missing"))?;
        return Ok(Outcome::Verify(Verification {
            url,
            token,
            taken,
            refused: subscribed_apps::refused,
        }));
    }
    if let Some(pin) = request.parameters.get("pin").and_then(Value::as_str) {
        if pin.len() != 6 || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(errors::invalid("pin must be 6 digits"));
        }
        let number = number(scene, id)?;
        number.pin = Some(pin.to_owned());
        number.wrong_pins = 0;
        events::of_number(scene, id, "security", json!({"event": "PIN_CHANGED"}));
        return success();
    }
    if let Some(name) = request.text("new_display_name") {
        set(number(scene, id)?, "new_name_status", "PENDING_REVIEW");
        approve_later(scene, id, name);
        return success();
    }
    Err(errors::invalid("nothing to change"))
}

fn number<'s>(scene: &'s mut Scene<'_>, id: &str) -> Result<&'s mut super::Number, super::Refused> {
    let found = scene.world.meta.numbers.get_mut(id);
    found.ok_or_else(|| errors::unknown_node("post", id))
}

fn taken(scene: &mut Scene<'_>) -> Answer {
    let request = scene.request;
    let rest = request.rest();
    let id = rest.get(1).copied().unwrap_or_default();
    let own = &request.parameters["webhook_configuration"];
    let text = |name: &str| own[name].as_str().unwrap_or_default().to_owned();
    let callback =
        Override { url: text("override_callback_uri"), verify_token: text("verify_token") };
    if let Some(number) = scene.world.meta.numbers.get_mut(id) {
        number.callback = Some(callback);
    }
    Answer::json(200, &json!({"success": true}))
}

/// How long Meta looks at a name.
const REVIEW_SECONDS: i64 = 3600;

fn approve_later(scene: &mut Scene<'_>, id: &str, name: String) {
    let id = id.to_owned();
    scene.later(REVIEW_SECONDS, move |scene| {
        if let Some(number) = scene.world.meta.numbers.get_mut(&id) {
            set(number, "new_name_status", "APPROVED");
            set(number, "verified_name", &name);
        }
        let value = json!({"decision": "APPROVED", "requested_verified_name": name, "rejection_reason": null});
        events::of_number(scene, &id, "phone_number_name_update", value);
    });
}
