use trunkline_core::Provider;
use trunkline_core::secrets::Place;

/// The tables of a provider's clients and channels, and what their columns are called.
pub(super) struct Tables {
    pub(super) provider: Provider,
    pub(super) schema: &'static str,
    pub(super) clients: &'static str,
    pub(super) client_key: &'static str,
    pub(super) client_name: &'static str,
    pub(super) channels: &'static str,
    pub(super) channel_key: &'static str,
    pub(super) secret: &'static str,
    pub(super) has_webhook: bool,
    /// The status of a channel that is in use.
    pub(super) in_use: &'static str,
}

/// The status of a channel of which it is not known that it is in use.
pub(super) const NOT_IN_USE: &str = "pending";

pub(super) const TABLES: [Tables; 3] = [
    Tables {
        provider: Provider::Meta,
        schema: "public",
        clients: "meta_whatsapp_clients",
        client_key: "business_account_id",
        client_name: "business_account_name",
        channels: "meta_whatsapp_phone_numbers",
        channel_key: "phone_number_id",
        secret: "access_token",
        has_webhook: false,
        in_use: "verified",
    },
    Tables {
        provider: Provider::Dialog360,
        schema: "public",
        clients: "dialog_360_clients",
        client_key: "client_id",
        client_name: "client_name",
        channels: "dialog_360_channels",
        channel_key: "channel_id",
        secret: "api_key",
        has_webhook: true,
        in_use: "running",
    },
    Tables {
        provider: Provider::Twilio,
        schema: "trunkline",
        clients: "twilio_clients",
        client_key: "account_sid",
        client_name: "account_name",
        channels: "twilio_senders",
        channel_key: "sender_sid",
        secret: "auth_token",
        has_webhook: true,
        in_use: "running",
    },
];

impl Tables {
    /// Where the secret of a channel stands, given the row's id as text.
    pub(super) fn place<'a>(&self, row: &'a str) -> Place<'a> {
        Place { schema: self.schema, table: self.channels, column: self.secret, row }
    }

    /// The column `webhook_url` of the channels named `alias`, or NULL where there is none.
    pub(super) fn webhook(&self, alias: &str) -> String {
        if self.has_webhook { format!("{alias}.webhook_url") } else { "NULL::TEXT".to_owned() }
    }

    pub(super) fn status(&self, is_active: bool) -> &'static str {
        if is_active { self.in_use } else { NOT_IN_USE }
    }
}
