//! Secrets that are replaced go on verifying for a while.

use serde_json::json;

use super::sender::{Account, meta, post, sha256};
use crate::support::Service;

async fn replace(service: &Service, account: &Account, secret: &str) {
    let key = service.api_key("admin", None).await;
    let path = format!("/api/v1/partner-accounts/{}/secrets/app_secret", account.id);
    let replaced = service.call("PUT", &path, &key, &json!({ "value": secret })).await;
    assert_eq!(replaced.status.as_u16(), 200, "{}", replaced.body);
}

/// The status of a webhook signed with a secret; each body is another one.
async fn signed_with(service: &Service, account: &Account, secret: &str) -> u16 {
    let body = service.state.random.token();
    let signature = format!("sha256={}", sha256(secret, body.as_bytes()));
    let header = ("x-hub-signature-256", signature.as_str());
    post(service, &account.path, header, body.as_bytes()).await.status.as_u16()
}

/// Lets go by what the service remembers of the accounts.
async fn a_moment() {
    tokio::time::sleep(std::time::Duration::from_millis(260)).await;
}

#[tokio::test]
async fn a_new_secret_is_good_at_once_and_the_one_before_for_two_days() {
    let service = Service::new().await;
    let account = meta(&service).await;
    assert_eq!(signed_with(&service, &account, "test_app_secret").await, 200);
    replace(&service, &account, "second_secret").await;
    replace(&service, &account, "third_secret").await;
    a_moment().await;
    for (secret, status) in [
        ("third_secret", 200),
        ("second_secret", 200),
        ("test_app_secret", 200),
        ("another_secret", 401),
    ] {
        assert_eq!(signed_with(&service, &account, secret).await, status, "{secret}");
    }
    service.clock.advance(jiff::SignedDuration::from_hours(49));
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(signed_with(&service, &account, "third_secret").await, 200);
    assert_eq!(signed_with(&service, &account, "second_secret").await, 401);
}

#[tokio::test]
async fn a_replaced_secret_stands_sealed_for_its_own_row() {
    let service = Service::new().await;
    let account = meta(&service).await;
    replace(&service, &account, "second_secret").await;
    // The same again replaces nothing.
    replace(&service, &account, "second_secret").await;
    let query = "SELECT id, column_name, secret FROM trunkline.replaced_secrets";
    let row = service.client.query_one(query, &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>("column_name"), "partner_secret");
    let (id, sealed) = (row.get::<_, i32>("id").to_string(), row.get::<_, &str>("secret"));
    let place = trunkline_core::secrets::Place {
        schema: "trunkline",
        table: "replaced_secrets",
        column: "secret",
        row: &id,
    };
    assert_eq!(service.state.keys.open(&place, sealed).unwrap().expose(), "test_app_secret");
}

#[tokio::test]
async fn an_account_that_is_added_or_deleted_is_known_at_once() {
    let service = Service::new().await;
    let nobody = Account { id: 0, path: "/webhooks/meta/nobody".to_owned() };
    assert_eq!(signed_with(&service, &nobody, "test_app_secret").await, 404);
    let account = meta(&service).await;
    a_moment().await;
    assert_eq!(signed_with(&service, &account, "test_app_secret").await, 200);
    let deletion = "DELETE FROM public.partner_configurations";
    service.client.execute(deletion, &[]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(signed_with(&service, &account, "test_app_secret").await, 404);
}

#[tokio::test]
async fn what_a_secret_that_does_not_open_may_have_signed_is_asked_for_again() {
    let mut service = Service::new().await;
    let account = meta(&service).await;
    let challenge = |token: &str| {
        format!("{}?hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}", account.path)
    };
    let ring = service.state.keys.clone();
    // Another process put a key in front and entered a secret under it; this one does not know the key.
    service.add_key();
    replace(&service, &account, "second_secret").await;
    service.use_keys(ring);
    a_moment().await;
    assert_eq!(signed_with(&service, &account, "second_secret").await, 503);
    assert_eq!(signed_with(&service, &account, "another_secret").await, 503);
    let handshake = async |token| service.get(&challenge(token), "").await.status.as_u16();
    assert_eq!(handshake("wrong").await, 503);
    let stored = "SELECT count(*) FROM trunkline.webhook_inbox";
    assert_eq!(service.client.query_one(stored, &[]).await.unwrap().get::<_, i64>(0), 0);
    let unknown = post(&service, "/webhooks/meta/nobody", ("x", "y"), b"{}").await;
    assert_eq!(unknown.status.as_u16(), 404);
}
