//! The database that is asked: a migrated platform of many companies.

use std::sync::Arc;

use anyhow::Result;
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_store::companies::NAME_INDEX;
use trunkline_store::partner_migrations;

use crate::server::Server;

/// How many channels a company has.
const CHANNELS_OF_A_COMPANY: u32 = 50;

/// Whoever comes with one of these sees the platform, or company 7.
pub(super) const PLATFORM_KEY: &str = "tlk_bench_platform";
pub(super) const COMPANY_KEY: &str = "tlk_bench_company";

/// The value of the cookie of an owner who is signed in.
pub(super) const SESSION: &str = "bench_session";

/// Makes the database and returns its name.
pub(super) async fn fill(server: &Server, channels: u32) -> Result<String> {
    let database = server.make_database("template0").await?;
    let target = Target::parse(&server.url(&database))?;
    let client = server.connect(&database).await?;
    client
        .batch_execute("CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        .await?;
    let migrator = Migrator::new(partner_migrations()?, target, Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
    let companies = (channels / CHANNELS_OF_A_COMPANY).max(1);
    let many = include_str!("many.sql")
        .replace("{channels}", &channels.to_string())
        .replace("{companies}", &companies.to_string());
    client.batch_execute(&many).await?;
    client.batch_execute(&callers()).await?;
    client.batch_execute(NAME_INDEX).await?;
    // Now what autovacuum would do in the midst of a measurement.
    client.batch_execute("VACUUM (ANALYZE)").await?;
    server.checkpoint().await?;
    Ok(database)
}

fn callers() -> String {
    format!(
        "INSERT INTO trunkline.api_keys (name, hint, key_hash, company_id, role)
        VALUES ('platform', 'tlk_benc', sha256('{PLATFORM_KEY}'), NULL, 'viewer'),
            ('company', 'tlk_benc', sha256('{COMPANY_KEY}'), 7, 'viewer');
        WITH added AS (
            INSERT INTO trunkline.users (email, name, role)
            VALUES ('owner@example.com', 'Owner', 'owner')
            RETURNING id
        )
        INSERT INTO trunkline.sessions (user_id, token_hash, created_at, last_seen_at)
        SELECT id, sha256('{SESSION}'), now(), now()
        FROM added;"
    )
}
