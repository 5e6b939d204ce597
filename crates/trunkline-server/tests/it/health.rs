use crate::support::Service;

#[tokio::test]
async fn a_service_on_a_migrated_database_is_ready() {
    let service = Service::new().await;
    assert_eq!(service.page("/health/live", "").await.body, "ok\n");
    let ready = service.page("/health/ready", "").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, r#"{"ready":true}"#));
}

#[tokio::test]
async fn it_is_not_ready_while_migrations_are_pending_and_says_so() {
    let service = Service::new().await;
    let query = "DELETE FROM trunkline.migrations WHERE name LIKE '018%'";
    service.client.execute(query, &[]).await.unwrap();
    let ready = service.page("/health/ready", "").await;
    assert_eq!(ready.status.as_u16(), 503);
    assert_eq!(ready.json()["migrations"], "not as this release needs them");
}

#[tokio::test]
async fn it_is_not_ready_without_a_key_that_secrets_stand_under() {
    let service = Service::new().await;
    let query = "INSERT INTO trunkline.secret_keys VALUES ('0badc0de', 'tlk1.0badc0de.AAAA')";
    service.client.execute(query, &[]).await.unwrap();
    let ready = service.page("/health/ready", "").await;
    assert_eq!(ready.status.as_u16(), 503);
    assert_eq!(ready.json()["keys"], "missing: 0badc0de");
}

#[tokio::test]
async fn it_is_not_ready_while_it_starts() {
    let service = Service::new().await;
    service.state.progress.set(Some("applying migrations".to_owned()));
    let ready = service.page("/health/ready", "").await;
    assert_eq!(ready.body, r#"{"ready":false,"starting":"applying migrations"}"#);
}
