//! The database that receives: a migrated platform with an account and 100,000 channels, and the plain tables of the others.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, Place, Secret};
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_store::partner_migrations;

use super::body::SECRET;
use crate::server::Server;

/// How many channels there are, and of how many accounts.
pub(super) const CHANNELS: u32 = 100_000;
const ACCOUNTS: u32 = 2_000;

/// The first ids of a channel and of an account at Meta.
const FIRST_CHANNEL: u32 = 1_000_000_000;
const FIRST_ACCOUNT: u32 = 2_000_000_000;

/// The word in the path of the account, and a key of no one's.
pub(super) const SLUG: &str = "bench";
pub(super) const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The phone number id of a channel, counted from 0.
pub(super) fn channel(place: u64) -> u32 {
    FIRST_CHANNEL + u32::try_from(place % u64::from(CHANNELS)).unwrap_or_default()
}

/// The account of a phone number id.
pub(super) fn waba_of(number: u32) -> u32 {
    FIRST_ACCOUNT + (number - FIRST_CHANNEL) % ACCOUNTS
}

/// Makes the database and returns its name.
pub(super) async fn make(server: &Server) -> Result<String> {
    let database = server.make_database("template0").await?;
    let client = server.connect(&database).await?;
    let platform = format!(
        "CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        INSERT INTO companies SELECT n, 'Bakery ' || n FROM generate_series(1, {ACCOUNTS}) AS n;"
    );
    client.batch_execute(&platform).await?;
    let target = Target::parse(&server.url(&database))?;
    let migrator = Migrator::new(partner_migrations()?, target, Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
    let rows = format!(
        "CREATE TABLE plain_webhooks (body BYTEA NOT NULL);
        CREATE TABLE webhooks (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            received_at TIMESTAMPTZ NOT NULL,
            digest BYTEA NOT NULL UNIQUE,
            body BYTEA NOT NULL
        );
        INSERT INTO public.partner_configurations (id, provider, partner_id, is_active)
        VALUES (1, 'meta', '1', true);
        INSERT INTO public.meta_whatsapp_clients (id, company_id, business_account_id, status, partner_configuration_id)
        SELECT n + 1, n + 1, (n + {FIRST_ACCOUNT})::TEXT, 'active', 1
        FROM generate_series(0, {ACCOUNTS} - 1) AS n;
        INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, status)
        SELECT n % {ACCOUNTS} + 1, (n + {FIRST_CHANNEL})::TEXT, '+1' || n + {FIRST_CHANNEL}, 'verified'
        FROM generate_series(0, {CHANNELS} - 1) AS n;
        UPDATE trunkline.partner_account_details SET slug = '{SLUG}';"
    );
    client.batch_execute(&rows).await?;
    let ring = KeyRing::parse(KEY).map_err(|error| anyhow!("the key ring: {error}"))?;
    let (schema, table, column) = ("public", "partner_configurations", "partner_secret");
    let place = Place { schema, table, column, row: "1" };
    let sealed = ring.seal(&place, &Secret::new(SECRET.to_owned()), &mut Random::system());
    let update = "UPDATE public.partner_configurations SET partner_secret = $1";
    client.execute(update, &[&sealed]).await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    server.checkpoint().await?;
    Ok(database)
}

/// Empties what is received into.
pub(super) async fn empty(server: &Server, database: &str) -> Result<()> {
    let client = server.connect(database).await?;
    let tables = "
        TRUNCATE plain_webhooks, webhooks, trunkline.webhook_inbox, trunkline.webhook_queue,
            trunkline.webhook_quarantine, trunkline.webhook_dead_letters, trunkline.events";
    client.batch_execute(tables).await?;
    server.checkpoint().await
}
