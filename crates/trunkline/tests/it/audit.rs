//! `admin audit …` and `openapi`.

use insta::assert_snapshot;

use crate::place::{Place, Run};

const THREE_ROWS: &str = "
    INSERT INTO trunkline.audit_log (occurred_at, actor_kind, actor_name, action, object_kind, object_id)
    SELECT '2026-01-02 03:04:05Z', 'command', 'root', 'thing.made', 'thing', number
    FROM generate_series(1, 3) AS number";

#[tokio::test]
async fn the_audit_log_is_verified() {
    let place = Place::migrated().await;
    assert_snapshot!("audit_empty", place.run("admin audit verify").await.expect(0));
    place.sql(THREE_ROWS).await;
    assert_snapshot!("audit_whole", place.run("admin audit verify --batch 2").await.expect(0));
    place
        .sql(
            "ALTER TABLE trunkline.audit_log DISABLE TRIGGER USER;
            UPDATE trunkline.audit_log SET actor_name = 'eve' WHERE id = 3;
            DELETE FROM trunkline.audit_log WHERE id = 2",
        )
        .await;
    assert_snapshot!("audit_tampered", place.run("admin audit verify").await.expect(3));
    let json = place.run("admin audit verify --format json").await.expect(3);
    assert_snapshot!("audit_tampered_json", json);
}

#[tokio::test]
async fn the_document_is_printed_or_written() {
    let directory = tempfile::tempdir().unwrap();
    let printed = Run::new(directory.path(), "openapi").run().await.expect(0).stdout;
    assert!(printed.starts_with("{\n  \"openapi\": \"3.1"), "{printed}");
    Run::new(directory.path(), "openapi --output api.json").run().await.expect(0);
    assert_eq!(std::fs::read_to_string(directory.path().join("api.json")).unwrap(), printed);
    let nowhere = Run::new(directory.path(), "openapi --output no/api.json").run().await;
    assert_snapshot!("openapi_nowhere", nowhere.expect(1));
}
