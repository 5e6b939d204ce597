use trunkline_core::Provider;

/// Where a provider's clients stand.
pub(super) struct Table {
    provider: Provider,
    /// The table.
    pub clients: &'static str,
    /// The columns of the provider's own id and of the name.
    provider_id: &'static str,
    name: &'static str,
}

impl Table {
    pub(super) const fn of(provider: Provider) -> Self {
        let (clients, provider_id, name) = match provider {
            Provider::Dialog360 => ("public.dialog_360_clients", "client_id", "client_name"),
            Provider::Meta => {
                ("public.meta_whatsapp_clients", "business_account_id", "business_account_name")
            }
            Provider::Twilio => ("trunkline.twilio_clients", "account_sid", "account_name"),
        };
        Self { provider, clients, provider_id, name }
    }

    /// The columns of a client.
    pub(super) fn columns(&self) -> String {
        let Self { provider, provider_id, name, .. } = self;
        format!(
            "{} AS provider, client.id, client.company_id, client.{provider_id} AS provider_id,
            client.{name} AS name, client.status, client.provider_status, client.onboarded_at,
            client.created_at, client.updated_at",
            *provider as i32,
        )
    }

    /// One client by id, of one company or of any.
    pub(super) fn one(&self) -> String {
        let (columns, clients) = (self.columns(), self.clients);
        format!(
            "SELECT {columns}
            FROM {clients} AS client
            WHERE client.id = $1 AND ($2::INTEGER IS NULL OR client.company_id = $2)"
        )
    }
}
