//! The Partner API set on a platform's database, from the first run to the last.

use std::sync::Arc;

use trunkline_migrate::catalog::Outcome;
use trunkline_migrate::{DownRequest, MigrationState, Silent};

use crate::support::{
    Heard, PARTNER_TABLES, applied, assert_nothing_left, assert_verified, count, down, exists,
    migrator, partner, platform, rows, run, told, up,
};

/// Rows of every partner table, with gaps in the ids.
pub(crate) const ROWS: &str = "
    INSERT INTO partner_configurations (id, provider, partner_id, is_default)
    VALUES (3, '360dialog', 'fakePA', true), (9, 'meta', 'fake', false);
    INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'fake1CL'), (2, 'fake2CL'), (2, 'fake3CL');
    DELETE FROM dialog_360_clients WHERE client_id = 'fake2CL';
    INSERT INTO dialog_360_channels (client_id, channel_id, phone_number, status)
    SELECT id, 'ch' || id, '+1555010000' || id, 'running' FROM dialog_360_clients;
    INSERT INTO meta_whatsapp_clients (company_id, business_account_id) VALUES (3, '1000');
    INSERT INTO meta_whatsapp_phone_numbers (client_id, phone_number_id) VALUES (1, '2000');
";

#[tokio::test]
async fn up_brings_the_platform_to_what_verify_expects_and_then_has_nothing_to_do() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let before = rows(&client, "companies").await;
    let migrator = migrator(&database, partner());
    assert!(!migrator.status().await.unwrap().is_current());

    let heard = Arc::new(Heard::default());
    let report =
        migrator.up(&trunkline_migrate::UpRequest::default(), heard.clone()).await.unwrap();
    let names: Vec<&str> = migrator
        .source()
        .unwrap()
        .migrations()
        .iter()
        .map(|migration| migration.name.as_str())
        .collect();
    assert_eq!(applied(&report), names);
    assert!(report.adopted.is_empty() && !report.done_by_another);
    assert_eq!(heard.lines().first().unwrap(), &format!("started {} Up", names[0]));
    assert_eq!(heard.lines().last().unwrap(), &format!("finished {} Up", names.last().unwrap()));

    assert!(migrator.status().await.unwrap().is_current());
    assert_verified(&migrator).await;
    assert_eq!(rows(&client, "companies").await, before);
    assert_eq!(applied(&up(&migrator).await.unwrap()), [""; 0]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn down_archives_rows_and_restore_brings_every_one_back() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    run(&client, ROWS).await;
    let mut before = Vec::new();
    for table in PARTNER_TABLES {
        before.push(rows(&client, table).await);
        assert!(!before.last().unwrap().is_empty(), "{table}");
    }

    let report = down(&migrator).await.unwrap();
    assert_eq!(report.reverted.len(), migrator.source().unwrap().migrations().len());
    let archive = &report.archives[0];
    let archived: Vec<(&str, i64)> =
        archive.tables.iter().map(|table| (table.table.as_str(), table.rows)).collect();
    insta::assert_debug_snapshot!("archived_tables", archived);
    for table in PARTNER_TABLES {
        assert!(!exists(&client, &format!("public.{table}")).await, "{table}");
    }
    assert!(
        migrator
            .status()
            .await
            .unwrap()
            .migrations
            .iter()
            .all(|it| it.state == MigrationState::Pending)
    );

    migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap();
    for (table, before) in PARTNER_TABLES.iter().zip(&before) {
        assert_eq!(&rows(&client, table).await, before, "{table}");
    }
    assert_verified(&migrator).await;
    assert!(migrator.status().await.unwrap().is_current());
    assert_eq!(applied(&up(&migrator).await.unwrap()), [""; 0]);
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'trunkline_archive%'";
    assert_eq!(count(&client, schemas).await, 0);

    // Sequences go on, and the foreign key still takes rows away with their company.
    let next = "INSERT INTO dialog_360_clients (company_id, client_id) VALUES (5, 'new') RETURNING id::int8";
    assert_eq!(count(&client, next).await, 4);
    run(
        &client,
        "DELETE FROM channel_connections; DELETE FROM users; DELETE FROM companies WHERE id = 2",
    )
    .await;
    assert_eq!(
        count(&client, "SELECT count(*) FROM dialog_360_clients WHERE company_id = 2").await,
        0
    );
    let twice = client
        .batch_execute("INSERT INTO dialog_360_clients (company_id, client_id) VALUES (5, 'new')");
    assert!(twice.await.is_err());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn up_after_down_makes_fresh_tables_and_restore_replaces_them_while_they_are_empty() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    run(&client, ROWS).await;
    let before = rows(&client, "dialog_360_clients").await;
    let archive = down(&migrator).await.unwrap().archives.remove(0);
    up(&migrator).await.unwrap();
    assert!(rows(&client, "dialog_360_clients").await.is_empty());
    assert_verified(&migrator).await;

    run(&client, "INSERT INTO dialog_360_clients (company_id, client_id) VALUES (1, 'newer')")
        .await;
    let refused = migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap_err();
    assert!(refused.to_string().contains("dialog_360_clients holds rows"), "{refused}");
    assert_eq!(rows(&client, "dialog_360_clients").await.len(), 1);

    run(&client, "DELETE FROM dialog_360_clients").await;
    let heard = Arc::new(Heard::default());
    migrator.restore(&archive.name, heard.clone()).await.unwrap();
    assert!(heard.has("stood empty and gave way"));
    assert_eq!(rows(&client, "dialog_360_clients").await, before);
    assert_verified(&migrator).await;
    let again = migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap_err();
    assert!(again.to_string().contains("was brought back already"), "{again}");
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn down_of_empty_tables_leaves_no_archive_and_drop_data_leaves_none_either() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    assert!(down(&migrator).await.unwrap().archives.is_empty());
    up(&migrator).await.unwrap();
    run(&client, ROWS).await;
    let request = DownRequest { drop_data: true, ..DownRequest::default() };
    assert!(migrator.down(&request, Arc::new(Silent)).await.unwrap().archives.is_empty());
    assert!(migrator.archives().await.unwrap().is_empty());
    assert!(!exists(&client, "dialog_360_clients").await);
    assert_eq!(down(&migrator).await.unwrap().reverted.len(), 0);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_column_and_an_index_of_the_platform_are_kept_and_reported_as_extra() {
    let database = platform().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, partner());
    up(&migrator).await.unwrap();
    run(
        &client,
        "ALTER TABLE dialog_360_clients ADD COLUMN crm_id TEXT; \
         CREATE INDEX crm ON dialog_360_clients (crm_id)",
    )
    .await;
    let checks = migrator.verify(None).await.unwrap();
    assert_eq!(told(&checks, &[Outcome::Missing, Outcome::Different]), [""; 0]);
    assert_eq!(
        told(&checks, &[Outcome::Extra]),
        [
            "extra column public.dialog_360_clients.crm_id",
            "extra index public.dialog_360_clients.crm"
        ]
    );
}
