//! Registering a sender, step by step: made, verified by a code (123456), reviewed, online.

use serde_json::{Value, json};

use crate::simulator::{
    scene::Scene,
    twilio::{
        Handled, Sender,
        accounts::Login,
        errors::{self, Refused},
        senders::document,
    },
};

/// The code that every phone receives.
const CODE: &str = "123456";

/// How long making a sender, checking a code, and a review take, in seconds.
const MAKING: i64 = 3;
const CHECKING: i64 = 3;
const REVIEWING: i64 = 60;

/// `POST /v2/Channels/Senders`
pub(super) fn create(scene: &mut Scene<'_>, login: &Login) -> Handled {
    let body = scene.request.json.clone();
    let number = body["sender_id"].as_str().and_then(|id| id.strip_prefix("whatsapp:+"));
    if !number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(errors::invalid("sender_id must be whatsapp:+ and digits"));
    }
    if body["profile"]["name"].as_str().unwrap_or_default().is_empty() {
        return Err(errors::invalid("profile.name is required"));
    }
    let taken = |sender: &Sender| sender.fields["sender_id"] == body["sender_id"];
    if scene.world.twilio.senders.values().any(taken) {
        return Err(Refused::new(409, 63_110, "A sender with this sender_id exists already"));
    }
    let mut fields = serde_json::Map::new();
    for name in ["sender_id", "friendly_name", "configuration", "webhook", "profile"] {
        if let Some(value) = body.get(name) {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    let sid = scene.world.issue.sid("XE");
    let sender = Sender {
        account: login.account.clone(),
        status: "CREATING".to_owned(),
        fields,
        ..Sender::default()
    };
    scene.world.twilio.senders.insert(sid.clone(), sender);
    let later = sid.clone();
    scene.later(MAKING, move |scene| {
        let owned = scene.world.twilio.senders.get(&later);
        if owned.is_some_and(|sender| sender.owned_by_twilio) {
            check(scene, &later);
        } else {
            set_status(scene, &later, "PENDING_VERIFICATION");
        }
    });
    Ok((202, answered(scene, &sid)))
}

/// `POST /v2/Channels/Senders/{sid}`: a code, or other settings.
pub(super) fn update(scene: &mut Scene<'_>, sid: &str) -> Handled {
    let body = scene.request.json.clone();
    let code = body["configuration"]["verification_code"].as_str().map(str::to_owned);
    let Some(sender) = scene.world.twilio.senders.get_mut(sid) else {
        return Err(errors::not_found(&scene.request.path));
    };
    for name in ["webhook", "profile", "configuration"] {
        for (inner, value) in body[name].as_object().into_iter().flatten() {
            if inner != "verification_code" {
                let block = sender.fields.entry(name).or_insert_with(|| json!({}));
                block[inner] = value.clone();
            }
        }
    }
    let waits = sender.status == "PENDING_VERIFICATION";
    match code.as_deref() {
        Some(CODE) if waits => check(scene, sid),
        Some(_) if waits => {
            return Err(Refused::new(400, 63_111, "The verification code is not correct"));
        }
        Some(_) => return Err(errors::invalid("no verification code is awaited")),
        None if sender.status == "ONLINE" => {
            set_status(scene, sid, "ONLINE:UPDATING");
            let later = sid.to_owned();
            scene.later(CHECKING, move |scene| set_status(scene, &later, "ONLINE"));
        }
        None => {}
    }
    let mut answer = answered(scene, sid);
    // What was not updated comes as null.
    for name in ["webhook", "profile", "configuration"] {
        if body.get(name).is_none() {
            answer[name] = Value::Null;
        }
    }
    Ok((202, answer))
}

/// Answers to changes hold neither properties nor reasons.
fn answered(scene: &Scene<'_>, sid: &str) -> Value {
    let mut answer = document(scene, sid);
    for name in ["properties", "offline_reasons"] {
        answer[name] = Value::Null;
    }
    answer
}

fn check(scene: &mut Scene<'_>, sid: &str) {
    set_status(scene, sid, "VERIFYING");
    let sid = sid.to_owned();
    scene.later(CHECKING, move |scene| {
        let reviewed =
            scene.world.twilio.senders.get(&sid).is_some_and(|sender| sender.is_reviewed);
        if reviewed {
            set_status(scene, &sid, "TWILIO_REVIEW");
            scene.later(REVIEWING, move |scene| go_online(scene, &sid));
        } else {
            go_online(scene, &sid);
        }
    });
}

fn go_online(scene: &mut Scene<'_>, sid: &str) {
    set_status(scene, sid, "ONLINE");
    if let Some(sender) = scene.world.twilio.senders.get_mut(sid) {
        let properties =
            json!({"quality_rating": "UNKNOWN", "messaging_limit": "250 Customers/24hr"});
        sender.fields.insert("properties".into(), properties);
    }
}

fn set_status(scene: &mut Scene<'_>, sid: &str, status: &str) {
    if let Some(sender) = scene.world.twilio.senders.get_mut(sid) {
        status.clone_into(&mut sender.status);
    }
}
