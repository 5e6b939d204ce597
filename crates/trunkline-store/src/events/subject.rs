use trunkline_core::Provider;

/// Whether a fact is of a client or of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A company's account at a provider.
    Client,
    /// A WhatsApp number.
    Channel,
}

impl SubjectKind {
    /// The word in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Channel => "channel",
        }
    }
}

/// A row of a provider's table of clients or channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectRow {
    /// Whose table.
    pub provider: Provider,
    /// Which of its tables.
    pub kind: SubjectKind,
    /// The row's id.
    pub id: i32,
}

/// A provider's tables, and what their keys and names are called.
pub(crate) struct Tables {
    pub(crate) clients: &'static str,
    pub(crate) client_key: &'static str,
    pub(crate) client_name: &'static str,
    pub(crate) channels: &'static str,
    pub(crate) channel_key: &'static str,
}

impl Tables {
    pub(crate) const fn of(provider: Provider) -> Self {
        match provider {
            Provider::Meta => Self {
                clients: "public.meta_whatsapp_clients",
                client_key: "business_account_id",
                client_name: "business_account_name",
                channels: "public.meta_whatsapp_phone_numbers",
                channel_key: "phone_number_id",
            },
            Provider::Dialog360 => Self {
                clients: "public.dialog_360_clients",
                client_key: "client_id",
                client_name: "client_name",
                channels: "public.dialog_360_channels",
                channel_key: "channel_id",
            },
            Provider::Twilio => Self {
                clients: "trunkline.twilio_clients",
                client_key: "account_sid",
                client_name: "account_name",
                channels: "trunkline.twilio_senders",
                channel_key: "sender_sid",
            },
        }
    }
}
