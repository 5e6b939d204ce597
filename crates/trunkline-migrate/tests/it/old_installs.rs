//! Older installs come out of `up` as a fresh one, with their rows.

use std::sync::Arc;

use tokio_postgres::Client;
use trunkline_migrate::catalog::Outcome;
use trunkline_migrate::{Silent, UpRequest};
use trunkline_postgres::testing::TestDatabase;

use crate::support::{
    Heard, PARTNER_TABLES, applied, assert_nothing_left, assert_verified, count, down, exists,
    migrator, partner, platform, rows, run, run_by_hand, texts, told, up,
};

async fn old(fixture: &str) -> (TestDatabase, Client) {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let path = format!(
        "{}/../trunkline-store/tests/fixtures/old-install-{fixture}.sql",
        env!("CARGO_MANIFEST_DIR")
    );
    run(&client, &std::fs::read_to_string(path).unwrap()).await;
    (database, client)
}

/// Columns whose values an upgrade may change: words outside today's vocabularies, defaults for NULL.
const KEPT: [&str; 5] = [
    "SELECT concat_ws('|', id, trim(lower(provider)), partner_api_key, partner_secret, webhook_verify_token, access_token, config_id) FROM partner_configurations ORDER BY id",
    "SELECT concat_ws('|', id, company_id, client_id, client_name) FROM dialog_360_clients ORDER BY id",
    "SELECT concat_ws('|', id, client_id, phone_number, display_name, api_key, webhook_url) FROM dialog_360_channels ORDER BY id",
    "SELECT concat_ws('|', id, company_id, business_account_id) FROM meta_whatsapp_clients ORDER BY id",
    "SELECT concat_ws('|', id, client_id, phone_number) FROM meta_whatsapp_phone_numbers ORDER BY id",
];

async fn kept(client: &Client) -> Vec<Option<Vec<String>>> {
    // Part of the columns came with later versions.
    run(
        client,
        "ALTER TABLE IF EXISTS partner_configurations ADD COLUMN IF NOT EXISTS config_id TEXT; \
         ALTER TABLE IF EXISTS meta_whatsapp_phone_numbers ADD COLUMN IF NOT EXISTS display_name TEXT",
    )
    .await;
    let mut all = Vec::new();
    for (table, query) in PARTNER_TABLES.iter().zip(KEPT) {
        all.push(if exists(client, table).await { Some(texts(client, query).await) } else { None });
    }
    all
}

async fn upgraded(fixture: &str) {
    let (database, client) = old(fixture).await;
    let before = kept(&client).await;
    let migrator = migrator(&database, partner());
    let heard = Arc::new(Heard::default());
    let report = migrator.up(&UpRequest::default(), heard.clone()).await.unwrap();
    assert_eq!(applied(&report).len(), migrator.source().unwrap().migrations().len());
    assert!(heard.has("NOTICE: public."), "an upgrade says what it does");

    let after = kept(&client).await;
    for (before, after) in before.iter().zip(&after) {
        if let Some(before) = before {
            assert_eq!(Some(before), after.as_ref());
        }
    }
    assert_verified(&migrator).await;
    let all: Vec<Vec<String>> = all_rows(&client).await;
    // Run again by hand, each file finds nothing to do.
    run_by_hand(&client, migrator.source().unwrap()).await;
    assert_eq!(all_rows(&client).await, all);
    assert_verified(&migrator).await;
    assert!(up(&migrator).await.unwrap().applied.is_empty());

    let archive = down(&migrator).await.unwrap().archives.remove(0);
    migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap();
    assert_eq!(all_rows(&client).await, all);
    assert_verified(&migrator).await;
    assert_nothing_left(&database).await;
}

async fn all_rows(client: &Client) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for table in PARTNER_TABLES {
        all.push(rows(client, table).await);
    }
    all
}

#[tokio::test]
async fn an_old_install_with_all_five_tables() {
    upgraded("full").await;
}

#[tokio::test]
async fn an_old_install_that_the_platform_has_changed() {
    upgraded("changed").await;
}

#[tokio::test]
async fn an_old_install_of_which_only_a_part_was_made() {
    upgraded("partial").await;
}

#[tokio::test]
async fn columns_and_indexes_of_the_platform_are_kept_and_told_as_extra() {
    let (database, _) = old("changed").await;
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    let checks = migrator.verify(None).await.unwrap();
    insta::assert_debug_snapshot!("old_install_extras", told(&checks, &[Outcome::Extra]));
}

#[tokio::test]
async fn time_stamps_are_read_as_utc_whatever_the_databases_time_zone_is() {
    let (database, client) = old("full").await;
    let zone = format!("ALTER DATABASE {} SET TimeZone = 'America/New_York'", database.name());
    run(&client, &zone).await;
    // Also those that clocks in New York never showed (02:30 in spring) or showed twice (01:30 in autumn).
    let query = "SELECT created_at::text FROM partner_configurations WHERE created_at IS NOT NULL ORDER BY id";
    let before = texts(&client, query).await;
    assert_eq!(before, ["2024-03-10 02:30:00", "2024-11-03 01:30:00.123456"]);
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    let client = database.connect().await.unwrap();
    assert_eq!(texts(&client, "SHOW TimeZone").await, ["America/New_York"]);
    let query = "SELECT (created_at AT TIME ZONE 'UTC')::text FROM partner_configurations WHERE id IN (1, 2) ORDER BY id";
    assert_eq!(texts(&client, query).await, before);
    let others = "SELECT (onboarded_at AT TIME ZONE 'UTC')::text FROM dialog_360_clients WHERE id = 1 \
                  UNION ALL SELECT (created_at AT TIME ZONE 'UTC')::text FROM dialog_360_channels WHERE id = 1 \
                  UNION ALL SELECT (onboarded_at AT TIME ZONE 'UTC')::text FROM meta_whatsapp_clients WHERE id = 1";
    assert_eq!(
        texts(&client, others).await,
        ["2024-03-10 02:30:00", "2024-07-01 12:00:00", "2024-11-03 06:30:00"]
    );
    assert_verified(&migrator).await;
    let odd = "SELECT count(*) FROM dialog_360_clients WHERE updated_at = 'infinity'";
    assert_eq!(count(&client, odd).await, 1);
}
