use trunkline_core::Provider;

/// A table of a provider whose rows are in a list.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Clients(Clients),
    Channels(Clients, Channels),
}

/// A table of clients, and its columns for the provider's id and the name.
#[derive(Clone, Copy)]
pub(super) struct Clients {
    provider: Provider,
    table: &'static str,
    provider_id: &'static str,
    name: &'static str,
}

/// A table of channels, and its column for the provider's id.
#[derive(Clone, Copy)]
pub(super) struct Channels {
    table: &'static str,
    provider_id: &'static str,
}

const DIALOG_360: Clients = Clients {
    provider: Provider::Dialog360,
    table: "public.dialog_360_clients",
    provider_id: "client_id",
    name: "client_name",
};

const META: Clients = Clients {
    provider: Provider::Meta,
    table: "public.meta_whatsapp_clients",
    provider_id: "business_account_id",
    name: "business_account_name",
};

const TWILIO: Clients = Clients {
    provider: Provider::Twilio,
    table: "trunkline.twilio_clients",
    provider_id: "account_sid",
    name: "account_name",
};

/// Every one; clients first, from which channels have their company.
pub(super) const LISTS: [Source; 6] = [
    Source::Clients(DIALOG_360),
    Source::Clients(META),
    Source::Clients(TWILIO),
    Source::Channels(
        DIALOG_360,
        Channels { table: "public.dialog_360_channels", provider_id: "channel_id" },
    ),
    Source::Channels(
        META,
        Channels { table: "public.meta_whatsapp_phone_numbers", provider_id: "phone_number_id" },
    ),
    Source::Channels(
        TWILIO,
        Channels { table: "trunkline.twilio_senders", provider_id: "sender_sid" },
    ),
];

impl Source {
    pub(super) const fn provider(&self) -> Provider {
        match self {
            Self::Clients(clients) | Self::Channels(clients, _) => clients.provider,
        }
    }

    /// The list that its rows are in.
    pub(super) const fn list(&self) -> &'static str {
        match self {
            Self::Clients(_) => "trunkline.listed_clients",
            Self::Channels(..) => "trunkline.listed_channels",
        }
    }

    /// The columns of the list, apart from the provider and what is made of the others.
    pub(super) const fn columns(&self) -> &'static str {
        match self {
            Self::Clients(_) => {
                "id, company_id, provider_id, name, status, provider_status, onboarded_at, created_at, updated_at,
                partner_account_id"
            }
            Self::Channels(..) => {
                "id, company_id, client_id, provider_id, phone_number, display_name, status, provider_status,
                quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
                provider_messaging_limit, created_at, updated_at, partner_account_id"
            }
        }
    }

    /// Its rows as the list has them.
    pub(super) fn rows(&self) -> String {
        match self {
            Self::Clients(Clients { table, provider_id, name, .. }) => format!(
                "SELECT id, company_id, {provider_id} AS provider_id, {name} AS name, status, provider_status,
                    onboarded_at, created_at, updated_at, partner_configuration_id AS partner_account_id
                FROM {table}"
            ),
            Self::Channels(clients, Channels { table, provider_id }) => format!(
                "SELECT channel.id, client.company_id, channel.client_id, channel.{provider_id} AS provider_id,
                    channel.phone_number, channel.display_name,
                    CASE channel.status WHEN 'verified' THEN 'running' ELSE channel.status END AS status,
                    channel.provider_status, channel.quality_rating, channel.provider_quality_rating,
                    channel.messaging_limit, channel.messaging_limit_scope, channel.provider_messaging_limit,
                    channel.created_at, channel.updated_at, client.partner_configuration_id AS partner_account_id
                FROM {table} AS channel
                JOIN {clients} AS client ON client.id = channel.client_id",
                clients = clients.table,
            ),
        }
    }
}
