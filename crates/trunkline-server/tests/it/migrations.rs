use jiff::SignedDuration;
use serde_json::Value;

use crate::support::Service;

#[tokio::test]
async fn a_key_of_the_platform_sees_how_the_migrations_stand() {
    let service = Service::new().await;
    let key = service.api_key("viewer", None).await;
    let answer = service.get("/api/v1/migrations", &key).await.json();
    assert_eq!(answer["is_current"], true);
    assert_eq!(answer["migrations"][0]["name"], "007-partner-configurations");
    let gone = "DELETE FROM trunkline.migrations WHERE name LIKE '021%'";
    service.client.execute(gone, &[]).await.unwrap();
    let answer = service.get("/api/v1/migrations", &key).await.json();
    assert_eq!(answer["is_current"], false);
    let migrations = answer["migrations"].as_array().unwrap();
    let unapplied = migrations.iter().find(|row| row["name"] == "021-import-sources").unwrap();
    assert_eq!(unapplied["applied_at"], Value::Null);
    assert_ne!(unapplied["state"], "applied");
    let company = service.api_key("admin", Some(1)).await;
    assert_eq!(service.get("/api/v1/migrations", &company).await.status.as_u16(), 403);
}

#[tokio::test]
async fn the_pages_show_status_plan_and_verification_and_write_nothing() {
    let service = Service::new().await;
    let cookie = service.sign_in("viewer").await;
    let status = service.page("/admin/migrations", &cookie).await;
    assert!(status.body.contains("018-secret-keys"), "{}", status.body);
    assert!(!status.body.contains("is pending<"), "{}", status.body);
    let plan = service.page("/admin/migrations/plan", &cookie).await;
    assert!(plan.body.contains("Nothing is pending"), "{}", plan.body);
    let verify = service.page("/admin/migrations/verify", &cookie).await;
    assert!(verify.body.contains("The database is what the migrations make"), "{}", verify.body);

    let gone = "DELETE FROM trunkline.migrations WHERE name LIKE '018%';
        DROP INDEX trunkline.idx_api_keys_company_id";
    service.client.batch_execute(gone).await.unwrap();
    // No run tells of it, so that the page shows it after a moment.
    service.clock.advance(SignedDuration::from_secs(3));
    let status = service.page("/admin/migrations", &cookie).await;
    assert!(status.body.contains("1 migration is pending"), "{}", status.body);
    let plan = service.page("/admin/migrations/plan", &cookie).await;
    assert!(plan.body.contains("CREATE TABLE IF NOT EXISTS"), "{}", plan.body);
    let verify = service.page("/admin/migrations/verify", &cookie).await;
    for text in ["1 difference<", "idx_api_keys_company_id", "CREATE INDEX"] {
        assert!(verify.body.contains(text), "{text}: {}", verify.body);
    }
    let there = "SELECT to_regclass('trunkline.idx_api_keys_company_id') IS NULL
            AND NOT EXISTS (SELECT FROM trunkline.migrations WHERE name LIKE '018%')";
    assert!(service.client.query_one(there, &[]).await.unwrap().get::<_, bool>(0));
}
