use jiff::Timestamp;
use trunkline_core::legacy::Checksum;

use super::write::{Item, Writing};
use crate::{Executor, StoreError};

/// Rows of `trunkline.import_sources`, column by column.
#[derive(Default)]
pub(super) struct Records {
    rows: Vec<i64>,
    providers: Vec<&'static str>,
    companies: Vec<i32>,
    clients: Vec<i32>,
    channels: Vec<i32>,
    made_clients: Vec<bool>,
    made_channels: Vec<bool>,
    actives: Vec<bool>,
    checksums: Vec<Vec<u8>>,
    fingerprints: Vec<Option<String>>,
    /// `None`: now.
    times: Vec<Option<Timestamp>>,
}

impl Records {
    /// A client and a channel, each with whether the import made it.
    pub(super) fn push(
        &mut self,
        writing: &Writing<'_>,
        (row, channel): Item<'_>,
        client: (i32, bool),
        made: (i32, bool),
    ) {
        let facts = &channel.facts;
        let secret = channel.secret.as_ref();
        self.rows.push(row.id);
        self.providers.push(facts.provider.as_str());
        self.companies.push(facts.company_id);
        self.clients.push(client.0);
        self.made_clients.push(client.1);
        self.channels.push(made.0);
        self.made_channels.push(made.1);
        self.actives.push(channel.is_active);
        self.checksums.push(facts.checksum().0.to_vec());
        self.fingerprints.push(secret.map(|secret| writing.ring.fingerprint(secret).to_string()));
        self.times.push(None);
    }

    /// An update leaves the status as it was; and one that also leaves a secret that was entered here, the time, by which
    /// [`undo`](super::undo) knows that somebody changed the channel.
    pub(super) fn keep(&mut self, was_active: bool, imported_at: Option<Timestamp>) {
        if let (Some(active), Some(time)) = (self.actives.last_mut(), self.times.last_mut()) {
            (*active, *time) = (was_active, imported_at);
        }
    }

    /// What was written is not all that the row says.
    pub(super) fn wrote(&mut self, checksum: Checksum) {
        if let Some(last) = self.checksums.last_mut() {
            *last = checksum.0.to_vec();
        }
    }

    pub(super) async fn write(
        &self,
        executor: Executor<'_>,
        writing: &Writing<'_>,
    ) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let query = "
            INSERT INTO trunkline.import_sources AS known (source, source_row, run_id, provider, company_id, client_row,
                channel_row, made_client, made_channel, was_active, checksum, secret_fingerprint, imported_at)
            SELECT $1, source_row, $2, provider, company, client, channel, made_client, made_channel, active, checksum,
                fingerprint, coalesce(imported_at, now())
            FROM unnest($3::BIGINT[], $4::TEXT[], $5::INTEGER[], $6::INTEGER[], $7::INTEGER[], $8::BOOLEAN[], $9::BOOLEAN[],
                $10::BOOLEAN[], $11::BYTEA[], $12::TEXT[], $13::TIMESTAMPTZ[])
                AS new (source_row, provider, company, client, channel, made_client, made_channel, active, checksum,
                    fingerprint, imported_at)
            ON CONFLICT (source, source_row) DO UPDATE
            SET run_id = excluded.run_id,
                provider = excluded.provider,
                company_id = excluded.company_id,
                client_row = excluded.client_row,
                channel_row = excluded.channel_row,
                made_client = excluded.made_client,
                made_channel = excluded.made_channel,
                was_active = excluded.was_active,
                checksum = excluded.checksum,
                secret_fingerprint = coalesce(excluded.secret_fingerprint, known.secret_fingerprint),
                imported_at = excluded.imported_at
            -- Another run made the channel while this one took it for one that was there: it stays an imported one.
            WHERE NOT known.made_channel OR excluded.made_channel OR known.channel_row <> excluded.channel_row";
        executor
            .execute(
                "write down where channels came from",
                query,
                &[
                    &writing.source,
                    &writing.run,
                    &self.rows,
                    &self.providers,
                    &self.companies,
                    &self.clients,
                    &self.channels,
                    &self.made_clients,
                    &self.made_channels,
                    &self.actives,
                    &self.checksums,
                    &self.fingerprints,
                    &self.times,
                ],
            )
            .await?;
        Ok(())
    }
}
