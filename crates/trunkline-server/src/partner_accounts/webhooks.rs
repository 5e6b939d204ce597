use serde::Serialize;
use trunkline_core::Provider;
use trunkline_store::partner_accounts::PartnerAccount;
use utoipa::ToSchema;

/// A URL of ours to register at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// `events`, `numbers` or `status`.
    #[schema(value_type = String)]
    pub purpose: &'static str,
    /// What comes there, and where to enter it.
    #[schema(value_type = String)]
    pub help: &'static str,
    /// The URL.
    pub url: String,
}

/// The URLs of an account, the one of the account's own events first.
pub(crate) fn webhooks(public_url: &str, account: &PartnerAccount) -> Vec<Webhook> {
    let at = |purpose, path: &str, help| {
        let url = format!("{public_url}/webhooks/{}/{}{path}", account.provider, account.slug);
        Webhook { purpose, help, url }
    };
    match account.provider {
        Provider::Dialog360 => vec![
            at(
                "events",
                "",
                "Partner events. Partner Hub, Integration, or the Partner API: webhook_url of the partner.",
            ),
            at(
                "numbers",
                "/numbers",
                "Messages and states of each number; Trunkline registers it at every number itself.",
            ),
        ],
        Provider::Meta => vec![at(
            "events",
            "",
            "App Dashboard, WhatsApp, Configuration: Callback URL, together with the verify token.",
        )],
        Provider::Twilio => vec![
            at("events", "", "Messages that come in: callback_url of a sender."),
            at(
                "status",
                "/status",
                "What becomes of messages sent: status_callback_url of a sender.",
            ),
        ],
    }
}
