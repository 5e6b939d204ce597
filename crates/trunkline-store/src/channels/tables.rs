use trunkline_core::Provider;

/// Where a provider's channels stand.
pub(super) struct Table {
    provider: Provider,
    /// The table.
    pub channels: &'static str,
    /// The table that `client_id` refers to.
    pub clients: &'static str,
    /// The column of the provider's own id.
    provider_id: &'static str,
}

impl Table {
    pub(super) const fn of(provider: Provider) -> Self {
        let (channels, clients, provider_id) = match provider {
            Provider::Dialog360 => {
                ("public.dialog_360_channels", "public.dialog_360_clients", "channel_id")
            }
            Provider::Meta => (
                "public.meta_whatsapp_phone_numbers",
                "public.meta_whatsapp_clients",
                "phone_number_id",
            ),
            Provider::Twilio => {
                ("trunkline.twilio_senders", "trunkline.twilio_clients", "sender_sid")
            }
        };
        Self { provider, channels, clients, provider_id }
    }

    /// The columns of a channel, given an expression for its company.
    pub(super) fn columns(&self, company: &str) -> String {
        let Self { provider, provider_id, .. } = self;
        format!(
            "{} AS provider, channel.id, channel.client_id, channel.{provider_id} AS provider_id,
            {company} AS company_id, channel.phone_number, channel.display_name, channel.status,
            channel.provider_status, channel.quality_rating, channel.provider_quality_rating,
            channel.messaging_limit, channel.messaging_limit_scope, channel.provider_messaging_limit,
            channel.created_at, channel.updated_at",
            *provider as i32,
        )
    }

    /// One channel by id, of one company or of any.
    pub(super) fn one(&self) -> String {
        let Self { channels, clients, .. } = self;
        let columns = self.columns("client.company_id");
        format!(
            "SELECT {columns}
            FROM {channels} AS channel
            JOIN {clients} AS client ON client.id = channel.client_id
            WHERE channel.id = $1 AND ($2::INTEGER IS NULL OR client.company_id = $2)"
        )
    }
}
