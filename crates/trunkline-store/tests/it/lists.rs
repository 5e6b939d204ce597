use std::sync::Arc;

use serde_json::Value;
use tokio_postgres::Client;
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::lists::{ListDifference, find_list_differences, repair_lists};
use trunkline_store::partner_migrations;

const ROWS: &str = "
    INSERT INTO companies VALUES (1), (2);
    INSERT INTO public.dialog_360_clients (company_id, client_id) VALUES (1, 'C1');
    INSERT INTO public.dialog_360_channels (client_id, channel_id, status) VALUES (1, 'CH1', 'running'), (1, 'CH2', 'pending');
    INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id) VALUES (1, '1001'), (2, '1002');
    INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, status) VALUES (1, '2001', 'verified'), (2, '2002', 'flagged');
    INSERT INTO trunkline.twilio_clients (company_id, account_sid) VALUES (2, 'AC1');
    INSERT INTO trunkline.twilio_senders (client_id, sender_sid, display_name) VALUES (1, 'XE1', E'tab\t\"quote\" \\\\ü');";

struct Platform {
    client: Client,
    _database: TestDatabase,
}

impl Platform {
    /// Migrated up to this one, then with rows, then to the end.
    async fn with_rows_after(migration: Option<&str>) -> Self {
        Self::with_more_rows_after(migration, "").await
    }

    async fn with_more_rows_after(migration: Option<&str>, more: &str) -> Self {
        let database = TestDatabase::empty().await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute("CREATE TABLE companies (id INTEGER PRIMARY KEY)").await.unwrap();
        let target = Target::parse(&database.url()).unwrap();
        let migrator = Migrator::new(partner_migrations().unwrap(), target, Options::default());
        let first = UpRequest { to: migration.map(str::to_owned), ..UpRequest::default() };
        migrator.up(&first, Arc::new(Silent)).await.unwrap();
        client.batch_execute(ROWS).await.unwrap();
        client.batch_execute(more).await.unwrap();
        migrator.up(&UpRequest::default(), Arc::new(Silent)).await.unwrap();
        Self { client, _database: database }
    }

    async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    async fn differences(&self) -> usize {
        let differences = find_list_differences(&self.client).await.unwrap();
        differences.iter().map(ListDifference::rows).sum()
    }

    /// `provider-id status company` of every channel in the list.
    async fn channels(&self) -> Vec<String> {
        let query = "
            SELECT provider || '-' || id || ' ' || status || ' ' || company_id
            FROM trunkline.listed_channels
            ORDER BY provider, id";
        self.client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn texts(&self, query: &str) -> Vec<String> {
        self.client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

#[tokio::test]
async fn rows_from_before_the_lists_are_in_them() {
    let old = Platform::with_rows_after(Some("021-import-sources")).await;
    assert_eq!(old.differences().await, 0);
    let new = Platform::with_rows_after(None).await;
    assert_eq!(old.channels().await, new.channels().await);
    assert_eq!(
        new.channels().await,
        [
            "360dialog-1 running 1",
            "360dialog-2 pending 1",
            "meta-1 running 1",
            "meta-2 flagged 2",
            "twilio-1 pending 2"
        ]
    );
}

/// Accounts, to which clients belong.
const ACCOUNTS: &str = "
    INSERT INTO public.partner_configurations (id, provider, partner_id) VALUES (1, 'meta', '1'), (2, 'meta', '2');
    UPDATE public.meta_whatsapp_clients SET partner_configuration_id = id;";

#[tokio::test]
async fn channels_are_listed_with_the_account_that_their_client_belongs_to() {
    let accounts = "
        SELECT concat(provider, '-', id, ' ', partner_account_id)
        FROM trunkline.listed_channels
        WHERE provider = 'meta'
        ORDER BY id";
    let old = Platform::with_more_rows_after(Some("035-provider-outages"), ACCOUNTS).await;
    let new = Platform::with_more_rows_after(None, ACCOUNTS).await;
    for platform in [old, new] {
        assert_eq!(platform.texts(accounts).await, ["meta-1 1", "meta-2 2"]);
        for (change, expected) in [
            (
                "INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id) VALUES (2, '2003')",
                ["meta-1 1", "meta-2 2", "meta-3 2"],
            ),
            (
                "UPDATE public.meta_whatsapp_clients SET partner_configuration_id = 1 WHERE id = 2",
                ["meta-1 1", "meta-2 1", "meta-3 1"],
            ),
            (
                "UPDATE public.meta_whatsapp_phone_numbers SET display_name = 'new'",
                ["meta-1 1", "meta-2 1", "meta-3 1"],
            ),
            (
                "UPDATE public.meta_whatsapp_clients SET partner_configuration_id = NULL, company_id = 1 WHERE id = 2",
                ["meta-1 1", "meta-2 ", "meta-3 "],
            ),
            (
                "UPDATE public.meta_whatsapp_phone_numbers SET client_id = 1 WHERE id = 3",
                ["meta-1 1", "meta-2 ", "meta-3 1"],
            ),
        ] {
            platform.run(change).await;
            assert_eq!(platform.texts(accounts).await, expected, "{change}");
            assert_eq!(platform.differences().await, 0, "{change}");
        }
    }
}

#[tokio::test]
async fn the_lists_follow_every_change_of_the_tables_of_the_providers() {
    let platform = Platform::with_rows_after(None).await;
    for change in [
        "UPDATE public.meta_whatsapp_phone_numbers SET status = 'banned', phone_number = '+49', quality_rating = 'red'",
        "UPDATE trunkline.twilio_senders SET messaging_limit = 250, messaging_limit_scope = 'number', provider_status = '\"'",
        "UPDATE public.dialog_360_channels SET id = 9 WHERE id = 2",
        "UPDATE public.meta_whatsapp_phone_numbers SET client_id = 2",
        "UPDATE public.meta_whatsapp_clients SET company_id = 1, business_account_name = 'Two' WHERE id = 2",
        "UPDATE trunkline.twilio_clients SET onboarded_at = '2026-01-02 03:04:05.060Z', status = 'active'",
        "DELETE FROM public.dialog_360_channels WHERE id = 1",
        "DELETE FROM companies WHERE id = 1",
        "TRUNCATE trunkline.twilio_clients CASCADE",
    ] {
        platform.run(change).await;
        assert_eq!(platform.differences().await, 0, "{change}");
    }
    assert_eq!(platform.channels().await, [""; 0]);
}

#[tokio::test]
async fn a_document_is_json_whatever_the_texts_are() {
    let platform = Platform::with_rows_after(None).await;
    platform.run("UPDATE trunkline.twilio_senders SET created_at = '2026-01-02 03:04:05.060+01', updated_at = '2026-01-02Z'").await;
    let query = "SELECT document FROM trunkline.listed_channels UNION ALL SELECT document FROM trunkline.listed_clients";
    for document in platform.texts(query).await {
        assert!(serde_json::from_str::<Value>(&document).is_ok(), "{document}");
    }
    let query = "SELECT document FROM trunkline.listed_channels WHERE provider = 'twilio'";
    let sender: Value = serde_json::from_str(&platform.texts(query).await[0]).unwrap();
    assert_eq!(sender["display_name"], "tab\t\"quote\" \\ü");
    assert_eq!(sender["created_at"], "2026-01-02T02:04:05.06Z");
    assert_eq!(sender["updated_at"], "2026-01-02T00:00:00Z");
}

#[tokio::test]
async fn a_change_of_nothing_that_is_listed_does_not_write_the_list() {
    let platform = Platform::with_rows_after(None).await;
    let versions = "SELECT xmin::TEXT FROM trunkline.listed_channels ORDER BY provider, id";
    let before = platform.texts(versions).await;
    platform
        .run("UPDATE public.dialog_360_channels SET api_key = 'tlk1.a.b', status = status")
        .await;
    assert_eq!(platform.texts(versions).await, before);
}

#[tokio::test]
async fn an_archived_table_leaves_the_lists_alone() {
    let platform = Platform::with_rows_after(None).await;
    platform
        .run("CREATE SCHEMA trunkline_archive_1_public; ALTER TABLE dialog_360_channels SET SCHEMA trunkline_archive_1_public")
        .await;
    let before = platform.channels().await;
    platform.run("DELETE FROM trunkline_archive_1_public.dialog_360_channels").await;
    assert_eq!(platform.channels().await, before);
}

#[tokio::test]
async fn what_went_past_the_triggers_is_found_and_written_anew() {
    let mut platform = Platform::with_rows_after(None).await;
    platform
        .run(
            "ALTER TABLE public.dialog_360_channels DISABLE TRIGGER USER;
            UPDATE public.dialog_360_channels SET status = 'banned' WHERE id = 1;
            DELETE FROM public.dialog_360_channels WHERE id = 2;
            INSERT INTO public.dialog_360_channels (client_id, channel_id) VALUES (1, 'CH3');
            ALTER TABLE public.dialog_360_channels ENABLE TRIGGER USER;
            UPDATE trunkline.listed_clients SET company_id = 2 WHERE provider = '360dialog'",
        )
        .await;
    assert_eq!(platform.differences().await, 4);
    let found = find_list_differences(&platform.client).await.unwrap();
    repair_lists(&mut platform.client, &found).await.unwrap();
    assert_eq!(platform.differences().await, 0);
    assert_eq!(platform.channels().await[..2], ["360dialog-1 banned 1", "360dialog-3 pending 1"]);
}
