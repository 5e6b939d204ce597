//! Messages (`/2010-04-01/Accounts/{sid}/Messages.json`) and what becomes of them.

use jiff::{fmt::rfc2822, tz::TimeZone};
use serde_json::{Value, json};

use crate::simulator::{
    incoming::Incoming,
    media::Media,
    scene::Scene,
    twilio::{
        Handled, Sender,
        errors::{self, Refused},
        events::{Form, post_form},
    },
};

/// After so many seconds each.
const STEPS: [(i64, &str); 4] = [(1, "sending"), (2, "sent"), (4, "delivered"), (10, "read")];

pub(super) fn send(scene: &mut Scene<'_>, account: &str) -> Handled {
    let request = scene.request;
    let text = |name: &str| request.text(name);
    let to = text("To").unwrap_or_default();
    if !to.starts_with("whatsapp:+") {
        return Err(Refused::new(400, 21_211, "Invalid 'To' Phone Number"));
    }
    let from = text("From").unwrap_or_default();
    let Some((sender, found)) = sender_of(scene, account, &from) else {
        let message = "Twilio could not find a Channel with the specified From address";
        return Err(Refused::new(400, 63_007, message));
    };
    if !found.status.starts_with("ONLINE") {
        return Err(Refused::new(400, 63_007, "The sender is not online"));
    }
    if ["Body", "MediaUrl", "ContentSid"].iter().all(|name| text(name).is_none()) {
        return Err(Refused::new(
            400,
            21_619,
            "A text message body or media urls must be specified.",
        ));
    }
    let configured = found.fields["webhook"]["status_callback_url"].as_str().map(str::to_owned);
    let callback = text("StatusCallback").or(configured);
    let body = text("Body").unwrap_or_default();
    let media = u8::from(text("MediaUrl").is_some());
    let (sid, message) = keep(scene, [account, &from, &to, &body], "outbound-api", media);
    for (seconds, status) in STEPS {
        let (sid, callback, sender) = (sid.clone(), callback.clone(), sender.clone());
        scene.later(seconds, move |scene| tell(scene, &sid, &sender, status, callback.as_deref()));
    }
    Ok((201, message))
}

/// Makes a message, under a new SID.
fn keep(
    scene: &mut Scene<'_>,
    [account, from, to, body]: [&str; 4],
    direction: &str,
    media: u8,
) -> (String, Value) {
    let sid = scene.world.issue.sid("SM");
    let status = if direction == "inbound" { "received" } else { "queued" };
    let message = json!({"sid": sid, "account_sid": account, "from": from, "to": to, "body": body,
        "status": status, "direction": direction, "num_media": media.to_string(), "num_segments": "1",
        "error_code": null, "error_message": null, "price": null, "price_unit": "USD",
        "api_version": "2010-04-01", "date_created": date(scene), "date_updated": date(scene),
        "date_sent": null, "messaging_service_sid": null,
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json"),
        "subresource_uris": {"media": format!("/2010-04-01/Accounts/{account}/Messages/{sid}/Media.json")}});
    scene.world.twilio.messages.insert(sid.clone(), message.clone());
    (sid, message)
}

pub(super) fn show(scene: &Scene<'_>, account: &str, sid: &str) -> Handled {
    let message = scene.world.twilio.messages.get(sid);
    let own = message.filter(|message| message["account_sid"] == account);
    own.map(|message| (200, message.clone())).ok_or_else(|| errors::not_found(&scene.request.path))
}

fn sender_of<'s>(scene: &'s Scene<'_>, account: &str, from: &str) -> Option<(String, &'s Sender)> {
    let mut senders = scene.world.twilio.senders.iter();
    let found = senders
        .find(|(_, sender)| sender.account == account && sender.fields["sender_id"] == from)?;
    Some((found.0.clone(), found.1))
}

fn date(scene: &Scene<'_>) -> String {
    rfc2822::to_string(&scene.now.to_zoned(TimeZone::UTC)).unwrap_or_default()
}

/// Changes a message, and calls the status callback.
fn tell(scene: &mut Scene<'_>, sid: &str, sender: &str, status: &str, callback: Option<&str>) {
    let Some(message) = scene.world.twilio.messages.get_mut(sid) else { return };
    message["status"] = status.into();
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let account = text("account_sid");
    let mut form: Form = vec![
        ("ChannelInstallSid", sender.to_owned()),
        ("ChannelPrefix", "whatsapp".to_owned()),
        ("MessageSid", sid.to_owned()),
        ("SmsSid", sid.to_owned()),
        ("MessageStatus", status.to_owned()),
        ("SmsStatus", status.to_owned()),
        ("AccountSid", account.clone()),
        ("From", text("from")),
        ("To", text("to")),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    if ["delivered", "read"].contains(&status) {
        form.push(("EventType", status.to_uppercase()));
    }
    if let Some(url) = callback {
        post_form(scene, &account, url, &form);
    }
}

/// A message from somebody, to a sender's callback.
pub(crate) fn receive(
    scene: &mut Scene<'_>,
    sender: &str,
    incoming: Incoming<'_>,
) -> Option<Value> {
    let found = scene.world.twilio.senders.get(sender)?;
    let url = found.fields["webhook"]["callback_url"].as_str()?.to_owned();
    let (account, to) = (found.account.clone(), found.fields["sender_id"].clone());
    let to = to.as_str().unwrap_or_default();
    let kind = incoming.kind();
    let Incoming { from: number, name, text, file } = incoming;
    let from = format!("whatsapp:+{number}");
    let media = u8::from(file.is_some());
    let (sid, _) = keep(scene, [&account, &from, to, text], "inbound", media);
    let mut form: Form = vec![
        ("SmsMessageSid", sid.clone()),
        ("SmsSid", sid.clone()),
        ("MessageSid", sid.clone()),
        ("SmsStatus", "received".to_owned()),
        ("AccountSid", account.clone()),
        ("From", from),
        ("To", to.to_owned()),
        ("WaId", number.to_owned()),
        ("ProfileName", name.to_owned()),
        ("MessageType", kind.to_owned()),
        ("Body", text.to_owned()),
        ("NumMedia", media.to_string()),
        ("NumSegments", "1".to_owned()),
        ("ReferralNumMedia", "0".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    if let Some(file) = file {
        let id = scene.world.issue.sid("ME");
        let base = scene.base;
        let place = format!("2010-04-01/Accounts/{account}/Messages/{sid}/Media/{id}");
        form.push(("MediaUrl0", format!("{base}/twilio/{place}")));
        form.push(("MediaContentType0", file.mime_type.clone()));
        scene.world.media.insert(id, Media { owner: sid.clone(), ..file });
    }
    post_form(scene, &account, &url, &form);
    Some(json!({ "sid": sid }))
}
