use reqwest::Url;
use serde_json::{Value, json};

use super::{Wish, for_script, fulfil};
use crate::simulator::{
    answer::Answer,
    pages::{escape, page},
    sample::Sample,
    scene::Scene,
};

/// The ways a signup ends, for the page.
const EVENTS: [(&str, &str); 7] = [
    ("FINISH", "finish, with a number"),
    ("FINISH_ONLY_WABA", "finish without a number"),
    (
        "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
        "finish with a number of the WhatsApp Business app",
    ),
    ("FINISH_OBO_MIGRATION", "finish a migration"),
    ("FINISH_GRANT_ONLY_API_ACCESS", "grant access alone"),
    ("CANCEL", "leave"),
    ("ERROR", "report an error"),
];

/// Where a person may leave (`current_step`).
const STEPS: [&str; 6] = [
    "BUSINESS_ACCOUNT_SELECTION",
    "WABA_PHONE_PROFILE_PICKER",
    "WHATSAPP_BUSINESS_PROFILE_SETUP",
    "PHONE_NUMBER_SETUP",
    "PHONE_NUMBER_VERIFICATION",
    "PERMISSIONS",
];

/// In which order, and how, the browser is told.
const DELIVERIES: [(&str, &str); 5] = [
    ("message_first", "the message, then the code"),
    ("code_first", "the code, then the message"),
    ("code_only", "the code alone"),
    ("object", "the message as an object instead of a string"),
    ("noise", "with a message before it that is none of Embedded Signup"),
];

/// `GET /meta/{version}/dialog/oauth`: what stands in the window that the SDK opens.
pub(super) fn form(scene: &Scene<'_>) -> Answer {
    let request = scene.request;
    let text = |name: &str| request.text(name).unwrap_or_default();
    if !scene.world.meta.apps.contains_key(&text("app_id")) {
        return Answer { status: 400, ..page("Embedded Signup", "<p>There is no such app.</p>") };
    }
    let extras: Value = serde_json::from_str(&text("extras")).unwrap_or_default();
    let prefilled = extras.pointer("/setup/business/name").and_then(Value::as_str);
    let in_app = extras["featureType"] == "whatsapp_business_app_onboarding";
    let first = if in_app { EVENTS[2].0 } else { EVENTS[0].0 };
    let kept = ["app_id", "config_id", "origin"].map(|name| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(&text(name)))
    });
    let steps = STEPS.map(|step| (step, step));
    let body = format!(
        "<form method=\"post\" action=\"{path}\">{kept}\
<label>Company <input name=\"company\" required value=\"{company}\"></label>\
<label>Phone number, digits with the country code <input name=\"number\" inputmode=\"numeric\" pattern=\"[0-9]{{6,15}}\" required value=\"16315551000\"></label>\
<label>How it ends <select name=\"event\">{events}</select></label>\
<label>Where one leaves <select name=\"step\">{steps}</select></label>\
<label>What the browser is told <select name=\"delivery\">{deliveries}</select></label>\
<label><input type=\"checkbox\" name=\"only_account\" value=\"yes\"> Name the account alone</label>\
<button>Go</button></form>",
        path = escape(&request.path),
        kept = kept.concat(),
        company = escape(prefilled.unwrap_or("Lucky Shrub")),
        events = options(&EVENTS, first),
        steps = options(&steps, STEPS[3]),
        deliveries = options(&DELIVERIES, DELIVERIES[0].0),
    );
    page("Embedded Signup", &body)
}

fn options(all: &[(&str, &str)], chosen: &str) -> String {
    let option = |(value, words): &(&str, &str)| {
        let selected = if *value == chosen { " selected" } else { "" };
        format!("<option value=\"{value}\"{selected}>{words}</option>")
    };
    all.iter().map(option).collect::<Vec<_>>().concat()
}

/// `POST /meta/{version}/dialog/oauth`: tells the window that opened this one, and closes.
pub(super) fn finish(scene: &mut Scene<'_>) -> Answer {
    let request = scene.request;
    let text = |name: &str| request.text(name).unwrap_or_default();
    let opener = text("origin").parse::<Url>().ok();
    let opener = opener.filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(origin) = opener.map(|url| url.origin()) else {
        return Answer {
            status: 400,
            ..page("Embedded Signup", "<p>Nobody opened this page.</p>")
        };
    };
    let wish = Wish {
        app: text("app_id"),
        event: text("event"),
        company: text("company"),
        digits: text("number"),
        step: text("step"),
        only_account: request.text("only_account").is_some(),
    };
    let outcome = fulfil(scene, &wish);
    let delivery = text("delivery");
    let message = match delivery.as_str() {
        "object" => outcome.message.clone(),
        _ => Value::String(outcome.message.to_string()),
    };
    let login = match &outcome.code {
        Some(code) => {
            json!({"authResponse": {"code": code, "expiresIn": null}, "status": "connected"})
        }
        None => json!({"authResponse": null, "status": "unknown"}),
    };
    let login = json!({ "simulatedLogin": login });
    let sent = match delivery.as_str() {
        "code_first" => vec![login, message],
        "code_only" => vec![login],
        "noise" => vec!["cb=f1e2d3&domain=example".into(), message, login],
        _ => vec![message, login],
    };
    let script = format!(
        "var sent = {}, origin = {};\
sent.forEach(function (message) {{ if (window.opener) {{ window.opener.postMessage(message, origin); }} }});\
window.setTimeout(window.close, 100);",
        for_script(&sent.into()),
        for_script(&origin.ascii_serialization().into()),
    );
    let shown = escape(&format!("{:#}", outcome.message));
    page(
        "Embedded Signup",
        &format!("<p>Done; this window closes.</p><pre>{shown}</pre><script>{script}</script>"),
    )
}

/// `GET /meta/signup`: a page as a partner's would be, which shows what it hears.
pub(super) fn host(scene: &Scene<'_>) -> Answer {
    let app = scene.request.text("app_id").unwrap_or_else(|| Sample::META_APP.to_owned());
    let config = scene.request.text("config_id").unwrap_or_else(|| Sample::META_CONFIG.to_owned());
    let script = format!(
        "var app = {app}, config = {config};\
function note(words) {{ document.getElementById('heard').textContent += words + '\\n'; }}\
window.fbAsyncInit = function () {{ FB.init({{appId: app, version: 'v25.0'}}); }};\
window.addEventListener('message', function (event) {{\
 if (typeof event.data === 'string') {{ note('message: ' + event.data); }} }});\
document.getElementById('start').addEventListener('click', function () {{\
 FB.login(function (response) {{ note('login: ' + JSON.stringify(response)); }},\
 {{config_id: config, response_type: 'code', override_default_response_type: true, extras: {{setup: {{}}}}}}); }});",
        app = for_script(&app.into()),
        config = for_script(&config.into()),
    );
    page(
        "A partner's page",
        &format!(
            "<button id=\"start\">Connect WhatsApp</button><pre id=\"heard\" aria-live=\"polite\"></pre>\
<script>{script}</script><script src=\"/meta/en_US/sdk.js\"></script>"
        ),
    )
}
