use trunkline_core::ClientStatus;
use trunkline_store::clients::Client;

use super::super::companies::{Names, page_of};
use super::super::{Time, words};

/// A client as a row of a table, and as the facts of its page.
pub(in crate::admin) struct ClientRow {
    pub href: String,
    /// Its name at the provider, else what the provider calls it.
    pub title: String,
    pub provider: &'static str,
    pub provider_id: String,
    pub company: String,
    pub company_href: String,
    /// Tone and word.
    pub status: (&'static str, String),
    pub provider_status: String,
    pub onboarded: Option<Time>,
    pub created: Time,
    pub updated: Time,
}

impl ClientRow {
    pub(in crate::admin) fn new(client: Client, names: &Names) -> Self {
        let name = client.name.filter(|name| !name.trim().is_empty());
        Self {
            href: format!("{}/{}", super::LIST, client.id),
            title: name.unwrap_or_else(|| client.provider_id.clone()),
            provider: client.id.provider.name(),
            company: names.of(client.company_id),
            company_href: page_of(client.company_id),
            status: (tone(client.status), words::title(client.status.as_str())),
            provider_status: client.provider_status.unwrap_or_default(),
            onboarded: client.onboarded_at.map(Time::from),
            provider_id: client.provider_id,
            created: client.created_at.into(),
            updated: client.updated_at.into(),
        }
    }
}

/// How urgent a status is.
const fn tone(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Active => "good",
        ClientStatus::Pending => "info",
        ClientStatus::Restricted => "warn",
        ClientStatus::Suspended | ClientStatus::Disconnected => "bad",
        ClientStatus::Deleted => "off",
    }
}
