//! Old installs encrypted, keys rotated, and nobody overwritten meanwhile.

use std::sync::Arc;

use tokio_postgres::Client;
use trunkline_core::secrets::{Key, KeyRing, OpenError, Place, Secret};
use trunkline_migrate::{DownRequest, Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::StoreError;
use trunkline_store::partner_migrations;
use trunkline_store::secrets::{
    Batch, Rewrite, SECRET_COLUMNS, SecretColumn, StoredColumn, Under, count_secrets,
    list_secret_columns, rewrite_secrets,
};

const OLD_INSTALL: &str = include_str!("../fixtures/old-install-full.sql");
const API_KEY: SecretColumn = SECRET_COLUMNS[0];
const CHANNEL_KEY: SecretColumn = SECRET_COLUMNS[4];

/// A migrated old install: eleven secrets in plaintext.
struct Install {
    database: TestDatabase,
    client: Client,
    columns: Vec<StoredColumn>,
}

impl Install {
    async fn new() -> Self {
        let database = TestDatabase::empty().await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute(OLD_INSTALL).await.unwrap();
        migrator(&database).up(&UpRequest::default(), Arc::new(Silent)).await.unwrap();
        let columns = list_secret_columns(&client).await.unwrap();
        Self { database, client, columns }
    }

    fn stored(&self, column: SecretColumn) -> StoredColumn {
        self.columns.iter().find(|stored| stored.column == column).unwrap().clone()
    }

    /// One batch of a column, from its beginning.
    async fn batch(&mut self, column: SecretColumn, ring: &KeyRing, rewrite: Rewrite) -> Batch {
        let stored = self.stored(column);
        let client = &mut self.client;
        rewrite_secrets(client, &stored, ring, &mut rand::rng(), rewrite, 0, 100).await.unwrap()
    }

    /// Every column, three rows at a time.
    async fn rewrite(&mut self, ring: &KeyRing, rewrite: Rewrite) -> u64 {
        let mut written = 0;
        for column in &self.columns {
            let mut after = 0;
            loop {
                let (client, random) = (&mut self.client, &mut rand::rng());
                let batch = rewrite_secrets(client, column, ring, random, rewrite, after, 3);
                let batch = batch.await.unwrap();
                assert_eq!(batch.unopened, []);
                written += batch.written;
                let Some(last) = batch.last else { break };
                after = last;
            }
        }
        written
    }

    /// How many values stand in which way, over all columns.
    async fn counts(&self) -> Vec<(Under, u64)> {
        let mut totals: Vec<(Under, u64)> = Vec::new();
        for count in count_secrets(&self.client, &self.columns).await.unwrap() {
            match totals.iter_mut().find(|(under, _)| *under == count.under) {
                Some((_, rows)) => *rows += count.rows,
                None => totals.push((count.under, count.rows)),
            }
        }
        totals
    }

    async fn text(&self, column: SecretColumn, row: i32) -> String {
        let query = format!("SELECT {} FROM {} WHERE id = {row}", column.name, column.table);
        self.client.query_one(&query, &[]).await.unwrap().get(0)
    }

    async fn set(&self, column: SecretColumn, row: i32, text: &str) {
        let query = format!("UPDATE {} SET {} = $1 WHERE id = {row}", column.table, column.name);
        self.client.execute(&query, &[&text]).await.unwrap();
    }
}

fn migrator(database: &TestDatabase) -> Migrator {
    let target = Target::parse(&database.url()).unwrap();
    Migrator::new(partner_migrations().unwrap(), target, Options::default())
}

/// New keys in front of these.
fn ring(before: &str) -> (KeyRing, String) {
    let text = format!("{}\n{before}", *Key::generate(&mut rand::rng()).to_text());
    (KeyRing::parse(&text).unwrap(), text)
}

fn opened(
    ring: &KeyRing,
    column: SecretColumn,
    row: &str,
    text: &str,
) -> Result<String, OpenError> {
    ring.open(&column.place(row), text).map(|secret| secret.expose().to_owned())
}

#[tokio::test]
async fn an_old_install_is_encrypted_in_place_and_rotated() {
    let mut install = Install::new().await;
    let (first, keys) = ring("");
    assert_eq!(install.counts().await, [(Under::Plaintext, 11)]);

    assert_eq!(install.rewrite(&first, Rewrite::Plaintext).await, 11);
    assert_eq!(install.counts().await, [(Under::Key(first.active()), 11)]);
    let sealed = install.text(API_KEY, 1).await;
    assert_eq!(opened(&first, API_KEY, "1", &sealed).unwrap(), "fake-360dialog-api-key");
    assert_eq!(install.rewrite(&first, Rewrite::Plaintext).await, 0, "a second time");

    let (second, _) = ring(&keys);
    assert_eq!(install.rewrite(&second, Rewrite::Older).await, 11);
    assert_eq!(install.counts().await, [(Under::Key(second.active()), 11)]);
    let rotated = install.text(API_KEY, 1).await;
    assert_eq!(opened(&second, API_KEY, "1", &rotated).unwrap(), "fake-360dialog-api-key");
    assert_eq!(opened(&first, API_KEY, "1", &rotated), Err(OpenError::UnknownKey(second.active())));
    assert_eq!(install.rewrite(&second, Rewrite::Older).await, 0, "a second time");
}

#[tokio::test]
async fn what_was_moved_does_not_open_and_is_left_as_it_is() {
    let mut install = Install::new().await;
    let (first, keys) = ring("");
    install.rewrite(&first, Rewrite::Plaintext).await;
    let stolen = install.text(CHANNEL_KEY, 1).await;
    install.set(CHANNEL_KEY, 3, &stolen).await;
    install.set(API_KEY, 1, &stolen).await;

    let (second, _) = ring(&keys);
    for (column, row, rest) in [(CHANNEL_KEY, 3, 1), (API_KEY, 1, 2)] {
        let batch = install.batch(column, &second, Rewrite::Older).await;
        assert_eq!(batch.written, rest, "the others go on");
        let unopened: Vec<_> =
            batch.unopened.iter().map(|value| (value.row, value.reason)).collect();
        assert_eq!(unopened, [(i64::from(row), OpenError::Refused)]);
        assert_eq!(install.text(column, row).await, stolen);
    }
}

#[tokio::test]
async fn a_row_that_somebody_writes_is_passed_over_and_taken_later() {
    let mut install = Install::new().await;
    let (first, keys) = ring("");
    install.rewrite(&first, Rewrite::Plaintext).await;
    let (second, _) = ring(&keys);

    let mut writer = install.database.connect().await.unwrap();
    let edit = writer.transaction().await.unwrap();
    let secret = Secret::new("fake-new-key".to_owned());
    let edited = first.seal(&CHANNEL_KEY.place("1"), &secret, &mut rand::rng());
    let update = "UPDATE dialog_360_channels SET api_key = $1 WHERE id = 1";
    edit.execute(update, &[&edited]).await.unwrap();

    let batch = install.batch(CHANNEL_KEY, &second, Rewrite::Older).await;
    assert_eq!((batch.written, batch.last), (1, Some(3)), "it waits for nobody");
    edit.commit().await.unwrap();
    assert_eq!(install.text(CHANNEL_KEY, 1).await, edited, "the edit stands");

    let batch = install.batch(CHANNEL_KEY, &second, Rewrite::Older).await;
    assert_eq!(batch.written, 1);
    let text = install.text(CHANNEL_KEY, 1).await;
    assert_eq!(opened(&second, CHANNEL_KEY, "1", &text).unwrap(), "fake-new-key");
}

#[tokio::test]
async fn a_busy_writer_never_loses_an_edit() {
    let mut install = Install::new().await;
    let (first, mut keys) = ring("");
    install.rewrite(&first, Rewrite::Plaintext).await;
    let writer = install.database.connect().await.unwrap();
    let edits = tokio::spawn(async move {
        let mut last = String::new();
        for number in 0..300 {
            last = format!("fake-edit-{number}");
            let secret = Secret::new(last.clone());
            let sealed = first.seal(&API_KEY.place("2"), &secret, &mut rand::rng());
            let update = "UPDATE partner_configurations SET partner_api_key = $1 WHERE id = 2";
            writer.execute(update, &[&sealed]).await.unwrap();
        }
        last
    });
    let mut newest;
    loop {
        (newest, keys) = ring(&keys);
        install.rewrite(&newest, Rewrite::Older).await;
        if edits.is_finished() {
            break;
        }
    }
    let last = edits.await.unwrap();
    let text = install.text(API_KEY, 2).await;
    assert_eq!(opened(&newest, API_KEY, "2", &text).unwrap(), last);
}

#[tokio::test]
async fn two_rotations_at_once_share_the_work() {
    let mut install = Install::new().await;
    let sql = "INSERT INTO dialog_360_channels (client_id, channel_id, api_key)
               SELECT 1, 'many' || n, 'fake-key-' || n FROM generate_series(1, 500) AS n";
    install.client.batch_execute(sql).await.unwrap();
    let (first, keys) = ring("");
    assert_eq!(install.rewrite(&first, Rewrite::Plaintext).await, 511);
    let (second, _) = ring(&keys);
    let mut other = Install {
        client: install.database.connect().await.unwrap(),
        database: TestDatabase::empty().await.unwrap(),
        columns: install.columns.clone(),
    };
    let work = tokio::join!(
        install.rewrite(&second, Rewrite::Older),
        other.rewrite(&second, Rewrite::Older)
    );
    let rest = install.rewrite(&second, Rewrite::Older).await;
    assert_eq!(work.0 + work.1 + rest, 511, "each row once");
    assert_eq!(install.counts().await, [(Under::Key(second.active()), 511)]);
}

#[tokio::test]
async fn what_begins_like_an_envelope_is_neither_encrypted_nor_lost() {
    let mut install = Install::new().await;
    let (first, _) = ring("");
    for (row, text) in [(1, "tlk1.0a1b2c3d.short"), (2, "tlk2.from-the-future"), (3, "")] {
        install.set(API_KEY, row, text).await;
    }
    assert_eq!(install.batch(API_KEY, &first, Rewrite::Plaintext).await.written, 0);
    let counts = install.counts().await;
    assert_eq!(
        counts,
        [(Under::Malformed, 2), (Under::Plaintext, 8)],
        "an empty text is no secret"
    );
    assert_eq!(install.text(API_KEY, 2).await, "tlk2.from-the-future");
}

#[tokio::test]
async fn archived_rows_are_rotated_too() {
    let mut install = Install::new().await;
    let (first, keys) = ring("");
    let query = "INSERT INTO trunkline.users (email, name, role, totp_secret)
                 VALUES ('ada@example.com', 'Ada', 'owner', 'JBSWY3DPEHPK3PXP')";
    install.client.execute(query, &[]).await.unwrap();
    assert_eq!(install.rewrite(&first, Rewrite::Plaintext).await, 12);
    migrator(&install.database).down(&DownRequest::default(), Arc::new(Silent)).await.unwrap();
    install.columns = list_secret_columns(&install.client).await.unwrap();
    let names: Vec<_> = install.columns.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), SECRET_COLUMNS.len(), "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("trunkline_archive_")), "{names:?}");
    let (second, _) = ring(&keys);
    assert_eq!(install.rewrite(&second, Rewrite::Older).await, 12);
    assert_eq!(install.counts().await, [(Under::Key(second.active()), 12)]);
}

#[tokio::test]
async fn a_database_without_the_tables_is_told_so() {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    let error = list_secret_columns(&client).await.unwrap_err();
    assert!(matches!(error, StoreError::NotMigrated), "{error}");
}

#[tokio::test]
async fn the_list_is_what_the_tables_say_of_themselves() {
    let install = Install::new().await;
    let query = "SELECT nspname || '.' || relname || '.' || attname
                 FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                 JOIN pg_namespace ON pg_namespace.oid = relnamespace
                 WHERE nspname IN ('public', 'trunkline')
                   AND col_description(attrelid, attnum) LIKE 'Ciphertext%'
                 ORDER BY 1";
    let rows = install.client.query(query, &[]).await.unwrap();
    let said: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let name =
        |column: &SecretColumn| format!("{}.{}.{}", column.schema, column.table, column.name);
    let mut listed: Vec<String> = SECRET_COLUMNS.iter().map(name).collect();
    listed.sort();
    assert_eq!(said, listed);
}

#[test]
fn a_place_is_the_contract_s() {
    let place = CHANNEL_KEY.place("7");
    let table = "dialog_360_channels";
    assert_eq!(place, Place { schema: "public", table, column: "api_key", row: "7" });
}
