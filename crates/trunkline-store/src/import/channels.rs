use jiff::Timestamp;
use trunkline_core::legacy::Facts;

use super::tables::Tables;
use crate::{Executor, StoreError};

/// Rows of a table of channels, column by column.
#[derive(Default)]
pub(super) struct Channels<'a> {
    ids: Vec<i32>,
    clients: Vec<i32>,
    keys: Vec<&'a str>,
    numbers: Vec<Option<&'a str>>,
    names: Vec<Option<&'a str>>,
    webhooks: Vec<Option<&'a str>>,
    statuses: Vec<&'static str>,
    secrets: Vec<Option<String>>,
}

impl<'a> Channels<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// A row of the table and of its client; the secret is ciphertext.
    pub(super) fn push(
        &mut self,
        (id, client): (i32, i32),
        facts: &'a Facts,
        status: &'static str,
        secret: Option<String>,
    ) {
        self.ids.push(id);
        self.clients.push(client);
        self.keys.push(&facts.channel_id);
        self.numbers.push(facts.phone_number.as_deref());
        self.names.push(facts.display_name.as_deref());
        self.webhooks.push(facts.webhook_url.as_deref());
        self.statuses.push(status);
        self.secrets.push(secret);
    }

    /// Makes them; `false` if some are there already.
    pub(super) async fn insert(
        &self,
        executor: Executor<'_>,
        tables: &Tables,
    ) -> Result<bool, StoreError> {
        let Tables { schema, channels, channel_key, secret, has_webhook, .. } = tables;
        let (column, value) = if *has_webhook { (", webhook_url", ", webhook") } else { ("", "") };
        let query = format!(
            "INSERT INTO {schema}.{channels}
                (id, client_id, {channel_key}, phone_number, display_name, status, {secret}{column})
            SELECT id, client, key, number, name, status, secret{value}
            FROM unnest($1::INTEGER[], $2::INTEGER[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[])
                AS new (id, client, key, number, name, status, secret, webhook)
            ON CONFLICT DO NOTHING"
        );
        let Self { ids, clients, keys, numbers, names, webhooks, statuses, secrets } = self;
        let written = executor
            .execute(
                "make channels",
                &query,
                &[ids, clients, keys, numbers, names, statuses, secrets, webhooks],
            )
            .await?;
        Ok(written == self.ids.len() as u64)
    }

    /// Brings them up to date where nobody changed them since these times; `false` if somebody did. Their status stays,
    /// and so does a secret for which there is no new one.
    pub(super) async fn update(
        &self,
        executor: Executor<'_>,
        tables: &Tables,
        times: &[Timestamp],
    ) -> Result<bool, StoreError> {
        let Tables { schema, channels, secret, has_webhook, .. } = tables;
        let webhook = if *has_webhook { "webhook_url = new.webhook," } else { "" };
        let query = format!(
            "UPDATE {schema}.{channels} AS stored
            SET phone_number = new.number,
                display_name = new.name,
                {webhook}
                {secret} = coalesce(new.secret, stored.{secret}),
                updated_at = now()
            FROM unnest($1::INTEGER[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TIMESTAMPTZ[])
                AS new (id, number, name, webhook, secret, updated_at)
            WHERE stored.id = new.id AND stored.updated_at = new.updated_at"
        );
        let Self { ids, numbers, names, webhooks, secrets, .. } = self;
        let written = executor
            .execute("update channels", &query, &[ids, numbers, names, webhooks, secrets, &times])
            .await?;
        Ok(written == self.ids.len() as u64)
    }
}
