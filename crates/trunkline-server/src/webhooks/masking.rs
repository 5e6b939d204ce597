//! What is shown of a body to whoever may not read what people write to companies: its form, its ids and its words of
//! state, and stars where texts, names and secrets stand.

use serde_json::Value;
use trunkline_core::events::Source;

/// What stands in place of a text.
const MASK: &str = "•••";

/// Fields of which the texts are shown, wherever they stand: ids, kinds, times and states.
const SHOWN: [&str; 58] = [
    "account_mode",
    "account_sid",
    "alert_severity",
    "alert_status",
    "alert_type",
    "category",
    "channel_id",
    "client_id",
    "code",
    "current_limit",
    "decision",
    "display_phone_number",
    "entity_id",
    "entity_type",
    "event",
    "external_id",
    "field",
    "fb_account_status",
    "href",
    "hub_status",
    "id",
    "initiated_by",
    "language",
    "max_daily_conversations_per_business",
    "message_template_category",
    "message_template_id",
    "message_template_language",
    "message_template_name",
    "messaging_product",
    "mime_type",
    "model",
    "new_category",
    "new_quality_score",
    "new_status",
    "object",
    "old_limit",
    "owner_business_id",
    "phase",
    "phone_number_id",
    "previous_category",
    "previous_quality_score",
    "pricing_model",
    "reason",
    "recipient_type",
    "rejected_reason",
    "rejection_reason",
    "restriction_type",
    "solution_id",
    "solution_status",
    "status",
    "tier",
    "time",
    "timestamp",
    "type",
    "violation_type",
    "waba_ban_date",
    "waba_ban_state",
    "waba_id",
];

/// The same of Twilio's forms.
const SHOWN_OF_FORMS: [&str; 16] = [
    "AccountSid",
    "ApiVersion",
    "ChannelInstallSid",
    "ChannelPrefix",
    "ErrorCode",
    "EventType",
    "MessageSid",
    "MessageStatus",
    "MessageType",
    "MessagingServiceSid",
    "NumMedia",
    "NumSegments",
    "SmsMessageSid",
    "SmsSid",
    "SmsStatus",
    "ReferralNumMedia",
];

/// A body as a text in which nothing but what is known to be harmless can be read.
pub(crate) fn masked(source: Source, body: &[u8]) -> String {
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        mask(&mut value, false, false);
        return value.to_string();
    }
    match source {
        Source::TwilioMessages | Source::TwilioStatus => masked_form(body),
        _ => MASK.to_owned(),
    }
}

/// A number that is greater may be somebody's.
const GREATEST: u64 = 1_000_000;

/// `of_person`: ids are those of people, as in the threads of Meta's history.
fn mask(value: &mut Value, is_shown: bool, of_person: bool) {
    match value {
        Value::String(text) if !is_shown => MASK.clone_into(text),
        Value::Number(number)
            if !is_shown && number.as_u64().is_none_or(|number| number > GREATEST) =>
        {
            *value = MASK.into();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, is_shown, of_person)),
        Value::Object(fields) => {
            for (name, item) in fields {
                let is_shown = SHOWN.contains(&name.as_str()) && !(of_person && name == "id");
                mask(item, is_shown, name == "threads");
            }
        }
        _ => {}
    }
}

fn masked_form(body: &[u8]) -> String {
    let pairs = form_urlencoded::parse(body).map(|(name, value)| {
        let is_shown = SHOWN_OF_FORMS.contains(&name.as_ref());
        format!("{name}={}", if is_shown { value.as_ref() } else { MASK })
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use trunkline_core::events::Source;

    use super::masked;

    #[test]
    fn texts_names_numbers_of_people_and_secrets_are_masked_and_ids_are_not() {
        let body = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"2"},"contacts":[{"profile":{"name":"Sheena"},"wa_id":"16505551234"}],"messages":[{"from":"16505551234","id":"wamid.1","timestamp":"3","type":"text","text":{"body":"secret words"}},{"location":{"latitude":48.1}}],"api_key":"abcdef"}}]}]}"#;
        let shown = masked(Source::Meta, body.as_bytes());
        for hidden in ["Sheena", "16505551234", "secret words", "48.1", "abcdef"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        let history = r#"{"history":[{"threads":[{"id":"16505551234","context":{"wa_id":16505551234},"messages":[{"id":"wamid.1"}]}],"metadata":{"progress":55}}]}"#;
        let shown = masked(Source::Meta, history.as_bytes());
        assert!(!shown.contains("16505551234") && shown.contains("wamid.1"), "{shown}");
        assert!(shown.contains("55"), "{shown}");
        let shown = masked(Source::Meta, body.as_bytes());
        for id in ["whatsapp_business_account", r#""id":"wamid.1""#, r#""phone_number_id":"2""#] {
            assert!(shown.contains(id), "{shown}");
        }
    }

    #[test]
    fn a_form_is_masked_by_its_names_and_what_is_neither_as_a_whole() {
        let form = b"MessageSid=SM1&Body=secret+words&From=whatsapp%3A%2B1650";
        assert_eq!(masked(Source::TwilioMessages, form), "MessageSid=SM1&Body=•••&From=•••");
        assert_eq!(masked(Source::Meta, b"secret words"), "•••");
    }
}
