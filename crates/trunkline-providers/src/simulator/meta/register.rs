//! Registering a number for the Cloud API, and taking it off.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::simulator::{
    meta::{
        Handled,
        errors::{self, Refused},
        graph::Number,
        success,
    },
    scene::Scene,
};

/// So many (de)registrations in 72 hours.
const MOST: usize = 10;
const WINDOW: SignedDuration = SignedDuration::from_hours(72);

/// So many wrong PINs in a row are answered by name, then no PIN is looked at.
const GUESSES: u32 = 3;

/// `POST /{number}/register`
pub(super) fn register(scene: &mut Scene<'_>, id: &str) -> Handled {
    if scene.request.text("messaging_product").as_deref() != Some("whatsapp") {
        return Err(errors::invalid("messaging_product must be whatsapp"));
    }
    let pin = scene.request.parameters.get("pin").and_then(Value::as_str).unwrap_or_default();
    if pin.len() != 6 || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(errors::invalid("pin must be 6 digits, as a string"));
    }
    let now = scene.now;
    let Some(number) = scene.world.meta.numbers.get_mut(id) else {
        return Err(errors::unknown_node("post", id));
    };
    if is(number, "is_on_biz_app", &json!(true)) {
        return Err(errors::invalid("the number is used in the WhatsApp Business app"));
    }
    if !is(number, "code_verification_status", &json!("VERIFIED")) {
        return Err(Refused::new(400, 133_006, "(#133006) Phone number re-verification needed"));
    }
    count(number, now)?;
    check_pin(number, pin)?;
    number.pin = Some(pin.to_owned());
    set(number, "status", "CONNECTED");
    set(number, "platform_type", "CLOUD_API");
    number.fields.insert("throughput".into(), json!({"level": "STANDARD"}));
    success()
}

/// `POST /{number}/deregister`
pub(super) fn deregister(scene: &mut Scene<'_>, id: &str) -> Handled {
    let now = scene.now;
    let Some(number) = scene.world.meta.numbers.get_mut(id) else {
        return Err(errors::unknown_node("post", id));
    };
    if is(number, "is_on_biz_app", &json!(true)) {
        let message = "Deregister endpoint is not available for API solution for SMB businesses.";
        return Err(Refused::new(400, 100, message));
    }
    count(number, now)?;
    set(number, "status", "DISCONNECTED");
    set(number, "platform_type", "NOT_APPLICABLE");
    number.fields.insert("throughput".into(), json!({"level": "NOT_APPLICABLE"}));
    success()
}

/// Counts against the quota, also what is refused afterwards.
fn count(number: &mut Number, now: jiff::Timestamp) -> Result<(), Refused> {
    number.registrations.retain(|at| now.duration_since(*at) < WINDOW);
    if number.registrations.len() >= MOST {
        let message = "(#133016) Account register deregister rate limit exceeded";
        return Err(Refused::new(400, 133_016, message));
    }
    number.registrations.push(now);
    Ok(())
}

fn check_pin(number: &mut Number, pin: &str) -> Result<(), Refused> {
    if number.wrong_pins >= GUESSES {
        let refused =
            Refused::new(400, 133_008, "(#133008) Too many two step verification PIN guesses");
        return Err(refused.details("Please try again after 1 hour."));
    }
    if number.pin.as_deref().is_some_and(|set| set != pin) {
        number.wrong_pins += 1;
        return Err(Refused::new(400, 133_005, "(#133005) Two step verification PIN Mismatch"));
    }
    number.wrong_pins = 0;
    Ok(())
}

pub(super) fn is(number: &Number, field: &str, value: &Value) -> bool {
    number.fields.get(field) == Some(value)
}

pub(super) fn set(number: &mut Number, field: &str, value: &str) {
    number.fields.insert(field.to_owned(), value.into());
}
