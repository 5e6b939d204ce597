//! The code that proves who holds a phone number. Each is 123456 here.

use serde_json::json;

use crate::simulator::{
    meta::{
        Handled,
        errors::{self, Refused},
        register::{is, set},
        success,
    },
    scene::Scene,
};

/// The code that every phone receives.
const CODE: &str = "123456";

/// `POST /{number}/request_code`
pub(super) fn request_code(scene: &mut Scene<'_>, id: &str) -> Handled {
    let method = scene.request.text("code_method").unwrap_or_default();
    if !["SMS", "VOICE"].contains(&method.as_str()) {
        return Err(errors::invalid("code_method must be SMS or VOICE"));
    }
    if scene.request.text("language").is_none() {
        return Err(errors::invalid("language is missing"));
    }
    let Some(number) = scene.world.meta.numbers.get_mut(id) else {
        return Err(errors::unknown_node("post", id));
    };
    if is(number, "code_verification_status", &json!("VERIFIED")) {
        let message = "(#136024) Request code error";
        return Err(Refused::new(400, 136_024, message)
            .subcode(2_388_091)
            .details("The number is verified already."));
    }
    number.code = Some(CODE.to_owned());
    success()
}

/// `POST /{number}/verify_code`
pub(super) fn verify_code(scene: &mut Scene<'_>, id: &str) -> Handled {
    let given = scene.request.text("code").unwrap_or_default().replace('-', "");
    let Some(number) = scene.world.meta.numbers.get_mut(id) else {
        return Err(errors::unknown_node("post", id));
    };
    if number.code.is_none() || number.code.as_deref() != Some(given.as_str()) {
        return Err(Refused::new(400, 136_025, "(#136025) Verify code error").subcode(2_388_093));
    }
    number.code = None;
    set(number, "code_verification_status", "VERIFIED");
    success()
}
