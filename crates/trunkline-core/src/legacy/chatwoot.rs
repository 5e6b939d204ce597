//! WhatsApp channels of a Chatwoot database, as its table `channel_whatsapp` has them.

use serde_json::{Map, Value};

use super::GivenRow;
use crate::secrets::Secret;

/// A row of `channel_whatsapp` with the name of its inbox.
#[derive(Debug, Clone, Copy)]
pub struct ChatwootChannel<'a> {
    /// `id`.
    pub id: i64,
    /// Our company of its account, where it is known.
    pub company_id: Option<i32>,
    /// `phone_number`.
    pub phone_number: &'a str,
    /// `provider`: `whatsapp_cloud`, or `default` for 360dialog.
    pub provider: &'a str,
    /// `provider_config` as JSON text.
    pub provider_config: Option<&'a str>,
    /// The name of the inbox.
    pub name: Option<&'a str>,
    /// In seconds of the Unix epoch.
    pub created_at: i64,
    /// In milliseconds.
    pub changed_at: i64,
}

/// The keys of `provider_config`, and what they are called on the platform.
const KEYS: [(&str, &str, &str); 3] = [
    ("whatsapp_cloud", "phone_number_id", "phoneNumberId"),
    ("whatsapp_cloud", "business_account_id", "wabaId"),
    ("whatsapp_cloud", "api_key", "accessToken"),
];

impl ChatwootChannel<'_> {
    /// The channel as a connection of the platform.
    ///
    /// Chatwoot knows no ids of 360dialog's, so these channels are conflicts until somebody adds `clientId` and
    /// `channelId` to their `provider_config`.
    pub fn as_given(&self) -> GivenRow {
        let channel_type = match self.provider {
            "whatsapp_cloud" => "whatsapp_official",
            "default" => "whatsapp_360dialog",
            _ => "whatsapp",
        };
        let config = self.provider_config.map(serde_json::from_str::<Value>);
        let data = match config {
            Some(Ok(Value::Object(config))) => Some(self.data(config).to_string()),
            // What it is instead is said as of every row.
            _ => self.provider_config.map(str::to_owned),
        };
        GivenRow {
            id: self.id,
            channel_type: channel_type.to_owned(),
            // A number is no id of a provider.
            account_id: String::new(),
            account_name: self.name.unwrap_or_default().to_owned(),
            access_token: None,
            status: Some("active".to_owned()),
            data: data.map(Secret::new),
            company_id: self.company_id,
            created_at: self.created_at,
            changed_at: self.changed_at,
        }
    }

    fn data(&self, config: Map<String, Value>) -> Value {
        let mut data: Map<String, Value> = config
            .into_iter()
            .map(|(key, value)| {
                let renamed = KEYS
                    .iter()
                    .find(|(provider, from, _)| *provider == self.provider && *from == key);
                match (renamed, key.as_str()) {
                    (Some((.., to)), _) => ((*to).to_owned(), value),
                    (None, "api_key") => ("apiKey".to_owned(), value),
                    _ => (key, value),
                }
            })
            .collect();
        data.insert("phoneNumber".to_owned(), Value::String(self.phone_number.to_owned()));
        Value::Object(data)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Known, LegacyRow, Reading, read};
    use super::ChatwootChannel;
    use crate::secrets::Secret;

    fn channel<'a>(provider: &'a str, provider_config: Option<&'a str>) -> ChatwootChannel<'a> {
        ChatwootChannel {
            id: 3,
            company_id: Some(7),
            phone_number: "+4915112345678",
            provider,
            provider_config,
            name: Some("Support"),
            created_at: 0,
            changed_at: 0,
        }
    }

    #[test]
    fn a_cloud_channel_is_read_as_the_platform_s_own() {
        let config = r#"{"api_key": "fake-token", "phone_number_id": "106", "business_account_id": "902",
            "webhook_verify_token": "fake-verify"}"#;
        let given = channel("whatsapp_cloud", Some(config)).as_given();
        let row = LegacyRow { company_exists: true, ..given.as_legacy() };
        let Reading::Channel(read) = read(&row, &Known::default()) else { panic!("{given:?}") };
        assert_eq!((read.facts.client_id.as_str(), read.facts.channel_id.as_str()), ("902", "106"));
        assert_eq!(read.facts.phone_number.as_deref(), Some("+4915112345678"));
        assert_eq!(read.secret.as_ref().map(Secret::expose), Some("fake-token"));
    }

    #[test]
    fn what_chatwoot_does_not_know_is_a_conflict_and_no_panic() {
        let known = Known::default();
        for config in [None, Some("[]"), Some("{"), Some(r#"{"api_key": "fake-key"}"#)] {
            let given = channel("default", config).as_given();
            let row = LegacyRow { company_exists: true, ..given.as_legacy() };
            assert!(matches!(read(&row, &known), Reading::Conflict(_)), "{config:?}");
        }
        let other = channel("twilio", None).as_given();
        assert!(matches!(read(&other.as_legacy(), &known), Reading::Skipped));
    }
}
