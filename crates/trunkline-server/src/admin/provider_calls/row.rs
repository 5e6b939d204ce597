use trunkline_store::provider_calls::{CallState, ProviderCall};

use super::super::{Time, channels, words};
use super::page_of;

/// A call as its row shows it, and as the facts of its page.
pub(in crate::admin) struct CallRow {
    pub href: String,
    /// What was asked.
    pub title: String,
    pub provider: &'static str,
    pub subject: String,
    /// The page of the channel that it is about; empty: none.
    pub channel_href: String,
    pub tone: &'static str,
    pub state: &'static str,
    /// What there is to say of the state.
    pub note: String,
    pub begun: Time,
    pub ended: Option<Time>,
}

impl From<ProviderCall> for CallRow {
    fn from(call: ProviderCall) -> Self {
        let is_lost = is_lost(&call);
        let (tone, state) = match call.state {
            CallState::Begun => ("warn", "Sent, and not answered"),
            CallState::Unknown => ("bad", "Nobody knows"),
            CallState::Failed => ("off", "Not done"),
            CallState::Done if is_lost => ("bad", "Done, and the key was lost"),
            CallState::Done => ("good", "Done"),
        };
        Self {
            href: page_of(call.id),
            title: title(&call.call),
            provider: call.provider.name(),
            channel_href: call
                .channel()
                .map(|id| format!("{}/{id}", channels::LIST))
                .unwrap_or_default(),
            tone,
            state,
            note: note(&call),
            begun: call.begun_at.into(),
            ended: call.ended_at.map(Time::from),
            subject: call.subject,
        }
    }
}

/// Whether a key was made of which nobody was told, so that the one before it has ended too.
pub(in crate::admin) fn is_lost(call: &ProviderCall) -> bool {
    call.outcome.as_ref().is_some_and(|outcome| outcome["lost"] == true)
}

fn note(call: &ProviderCall) -> String {
    let outcome = call.outcome.clone().unwrap_or_default();
    let text = |path: &str| outcome.pointer(path).and_then(|text| text.as_str());
    match call.state {
        CallState::Begun => "It is not made again until it is known what became of it.".to_owned(),
        CallState::Unknown => {
            format!("{} cannot tell; somebody has to settle it.", call.provider.name())
        }
        CallState::Done if is_lost(call) => {
            "The keys before it have ended: make another.".to_owned()
        }
        _ => match (text("/error/message"), text("/settled_by"), text("/note")) {
            (Some(error), ..) => error.to_owned(),
            (None, Some(who), Some(note)) => format!("{who}: {note}"),
            _ => String::new(),
        },
    }
}

/// What was asked, for people; a call that is not known here by its own name.
fn title(call: &str) -> String {
    match call {
        "provider.360dialog.api_key_create" => "New API key",
        "provider.360dialog.client_create" => "New client",
        "provider.meta.register" => "Register",
        "provider.meta.deregister" => "Deregister",
        "provider.meta.request_code" => "Request a code",
        "provider.meta.verify_code" | "provider.twilio.sender_verify" => "Verify a code",
        "provider.twilio.subaccount_create" => "New subaccount",
        "provider.twilio.sender_create" => "New sender",
        other => return words::title(other),
    }
    .to_owned()
}
