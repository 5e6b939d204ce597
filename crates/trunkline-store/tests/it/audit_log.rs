use std::sync::Arc;

use tokio_postgres::Client;
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::audit_log::{
    Act, Actor, ActorKind, AuditChain, AuditFault, insert_audit_entry, verify_audit_chain,
};
use trunkline_store::{PoolOptions, Store, partner_migrations};

struct Log {
    store: Store,
    client: Client,
    database: TestDatabase,
}

/// A log of seven rows.
async fn log() -> Log {
    let database = TestDatabase::empty().await.unwrap();
    let target = Target::parse(&database.url()).unwrap();
    let client = database.connect().await.unwrap();
    client
        .batch_execute("CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT)")
        .await
        .unwrap();
    let migrator = Migrator::new(partner_migrations().unwrap(), target.clone(), Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await.unwrap();
    let store = Store::new(target, PoolOptions::default());
    let actor = Actor {
        kind: ActorKind::User,
        id: Some(1),
        name: "ada@example.com".to_owned(),
        address: Some("192.0.2.1".parse().unwrap()),
        request_id: None,
    };
    let connection = store.connection().await.unwrap();
    for number in 1..=7 {
        let after = Some(serde_json::json!({ "number": number, "rate": 0.5, "name": "ü" }));
        let object_id = number.to_string();
        let act =
            Act { action: "thing.made", object_kind: "thing", object_id, after, ..Act::default() };
        let now = "2026-01-02T03:04:05.678901Z".parse().unwrap();
        insert_audit_entry(connection.executor(), &actor, &act, now).await.unwrap();
    }
    drop(connection);
    Log { store, client, database }
}

impl Log {
    async fn verify(&self) -> AuditChain {
        let connection = self.store.connection().await.unwrap();
        // Batches smaller than the log: the chain goes on over their boundaries.
        verify_audit_chain(connection.executor(), 3, |_| ()).await.unwrap()
    }

    /// Does what only the owner of the table can: with its triggers disabled.
    async fn tamper(&self, sql: &str) {
        let sql = format!(
            "ALTER TABLE trunkline.audit_log DISABLE TRIGGER USER; {sql};
            ALTER TABLE trunkline.audit_log ENABLE TRIGGER USER"
        );
        self.client.batch_execute(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn an_untouched_log_is_whole_whatever_the_session_is_set_to() {
    let log = log().await;
    let chain = log.verify().await;
    assert!(chain.is_whole(), "{chain:?}");
    assert_eq!((chain.rows, chain.missing, chain.altered), (7, 0, 0));
    assert_eq!(chain.last.unwrap().0, 7);
    for setting in ["timezone = 'Asia/Tokyo'", "extra_float_digits = -5", "bytea_output = 'escape'"]
    {
        let alter = format!("ALTER DATABASE {} SET {setting}", log.database.name());
        log.client.batch_execute(&alter).await.unwrap();
    }
    // Settings of a database are those of connections made from now on.
    let target = Target::parse(&log.database.url()).unwrap();
    let log = Log { store: Store::new(target, PoolOptions::default()), ..log };
    assert!(log.verify().await.is_whole());
}

#[tokio::test]
async fn the_log_cannot_be_changed_without_disabling_its_triggers() {
    let log = log().await;
    for sql in [
        "UPDATE trunkline.audit_log SET actor_name = 'eve' WHERE id = 3",
        "DELETE FROM trunkline.audit_log WHERE id = 3",
        "TRUNCATE trunkline.audit_log",
    ] {
        let error = log.client.batch_execute(sql).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{sql}");
    }
}

#[tokio::test]
async fn a_row_that_was_altered_is_found() {
    let log = log().await;
    log.tamper("UPDATE trunkline.audit_log SET after = '{\"number\": 5}' WHERE id = 4").await;
    let chain = log.verify().await;
    assert_eq!((chain.first_fault, chain.altered), (Some(AuditFault::Altered { id: 4 }), 1));
}

#[tokio::test]
async fn a_row_that_was_altered_and_hashed_anew_is_found_at_the_next() {
    let log = log().await;
    log.tamper(
        "UPDATE trunkline.audit_log SET actor_name = 'eve' WHERE id = 4;
        UPDATE trunkline.audit_log AS entry
        SET hash = trunkline.hash_audit_row((SELECT hash FROM trunkline.audit_log WHERE id = 3), entry)
        WHERE id = 4",
    )
    .await;
    let chain = log.verify().await;
    assert_eq!((chain.first_fault, chain.altered), (Some(AuditFault::Altered { id: 5 }), 1));
}

#[tokio::test]
async fn rows_that_were_deleted_are_counted() {
    let log = log().await;
    log.tamper("DELETE FROM trunkline.audit_log WHERE id IN (1, 3, 4)").await;
    let chain = log.verify().await;
    assert_eq!((chain.rows, chain.missing), (4, 3));
    assert_eq!(chain.first_fault, Some(AuditFault::Missing { id: 1 }));
}

#[tokio::test]
async fn a_row_that_was_put_in_is_found() {
    let log = log().await;
    log.tamper(
        "UPDATE trunkline.audit_log SET id = -id WHERE id > 3;
        UPDATE trunkline.audit_log SET id = 1 - id WHERE id < 0;
        INSERT INTO trunkline.audit_log
        SELECT (jsonb_populate_record(row, '{\"id\": 4, \"actor_name\": \"eve\"}')).*
        FROM trunkline.audit_log AS row
        WHERE id = 3;
        UPDATE trunkline.audit_log AS entry
        SET hash = trunkline.hash_audit_row((SELECT hash FROM trunkline.audit_log WHERE id = 3), entry)
        WHERE id = 4",
    )
    .await;
    let chain = log.verify().await;
    assert_eq!((chain.rows, chain.missing, chain.altered), (8, 0, 4));
    assert_eq!(chain.first_fault, Some(AuditFault::Altered { id: 5 }));
}

#[tokio::test]
async fn a_row_before_the_first_is_found() {
    let log = log().await;
    log.tamper(
        "INSERT INTO trunkline.audit_log
        SELECT (jsonb_populate_record(row, '{\"id\": 0}')).*
        FROM trunkline.audit_log AS row
        WHERE id = 1",
    )
    .await;
    assert_eq!(log.verify().await.first_fault, Some(AuditFault::Altered { id: 0 }));
}

#[tokio::test]
async fn an_end_that_was_cut_off_shows_in_the_last_hash() {
    let log = log().await;
    let before = log.verify().await;
    log.tamper("DELETE FROM trunkline.audit_log WHERE id = 7").await;
    let after = log.verify().await;
    assert!(after.is_whole());
    assert_ne!(before.last, after.last);
}
