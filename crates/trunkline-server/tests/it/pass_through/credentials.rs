use serde_json::{Value, json};

use super::{key, world};
use crate::support::Service;

const PATH: &str = "/api/v1/channels/meta-1/credentials";

async fn told(service: &Service) -> Vec<(String, Value)> {
    let query = "
        SELECT action, after
        FROM trunkline.audit_log
        WHERE action = 'channel.credentials_read'
        ORDER BY id";
    let rows = service.client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn a_credential_is_told_to_a_key_that_may_and_each_use_is_written_down() {
    let (service, _) = world().await;
    let may = key(&service, Some(1), &["credentials:read"]).await;
    for _ in 0..2 {
        let answer = service.get(PATH, &may).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(
            answer.json(),
            json!({ "provider": "meta", "client_id": "1029", "channel_id": "1065", "kind": "access_token",
                "credential": "number-token" })
        );
    }
    let written = told(&service).await;
    assert_eq!(written.len(), 2);
    assert_eq!(written[0].1["kind"], "access_token");
    assert!(!written[0].1.to_string().contains("number-token"));
    // The account's own token reaches every company's numbers.
    let platform = key(&service, None, &["credentials:read"]).await;
    let none = service.get("/api/v1/channels/meta-2/credentials", &platform).await;
    assert_eq!(none.status.as_u16(), 409);
    assert!(!none.body.contains("system-user"), "{}", none.body);
}

#[tokio::test]
async fn nobody_else_is_told_a_credential() {
    let (service, _) = world().await;
    let without = key(&service, None, &["provider:send", "provider:read"]).await;
    assert_eq!(service.get(PATH, &without).await.status.as_u16(), 403);
    let other = key(&service, Some(2), &["credentials:read"]).await;
    assert_eq!(service.get(PATH, &other).await.status.as_u16(), 404);
    let viewer = service.api_key("viewer", None).await;
    service.permit(&viewer, &["credentials:read"]).await;
    assert_eq!(service.get(PATH, &viewer).await.status.as_u16(), 403);
    assert_eq!(told(&service).await, []);
}

#[tokio::test]
async fn a_key_gives_and_takes_what_may_be_passed_on_but_no_credentials() {
    let (service, _) = world().await;
    let admin = service.api_key("admin", None).await;
    service.permit(&admin, &["provider:send", "POST {waba}/message_templates"]).await;
    let make = async |permissions: Value| {
        let body = json!({ "name": "sender", "role": "operator", "permissions": permissions });
        service.call("POST", "/api/v1/api-keys", &admin, &body).await
    };
    let made = make(json!(["provider:send", "POST {waba}/message_templates"])).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let sender = made.json()["key"].as_str().unwrap().to_owned();
    let own = service.get("/api/v1/key", &sender).await.json();
    assert_eq!(own["permissions"], json!(["POST {waba}/message_templates", "provider:send"]));
    assert_eq!(make(json!(["credentials:read"])).await.status.as_u16(), 403);
    for wrong in ["provider:everything", "POST 2065/messages", "GET {number}/../x"] {
        assert_eq!(make(json!([wrong])).await.status.as_u16(), 422, "{wrong}");
    }
}

#[tokio::test]
async fn an_owner_gives_credentials_on_the_page_and_an_admin_does_not() {
    let (service, _) = world().await;
    let platform = service.api_key("operator", None).await;
    let id: i32 = service
        .client
        .query_one("SELECT max(id) FROM trunkline.api_keys", &[])
        .await
        .unwrap()
        .get(0);
    let page = format!("/admin/api-keys/{id}/permissions");
    let (admin, owner) = (service.sign_in("admin").await, service.sign_in("owner").await);
    let shown = service.page(&page, &admin).await;
    assert!(shown.body.contains("Only an owner lets a key read credentials"), "{}", shown.body);
    let form = "send=true&credentials=true&paths=GET+%7Bnumber%7D%2Fblock_users";
    let refused = service.submit(&page, &admin, form).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.body.contains("only an owner gives a key credentials"), "{}", refused.body);
    let wrong = service.submit(&page, &owner, "paths=GET+%2Fetc%2Fpasswd").await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(wrong.body.contains("is no path of a channel"), "{}", wrong.body);
    let saved = service.submit(&page, &owner, form).await;
    assert_eq!(saved.status.as_u16(), 303, "{}", saved.body);
    let own = service.get("/api/v1/key", &platform).await.json();
    assert_eq!(
        own["permissions"],
        json!(["GET {number}/block_users", "credentials:read", "provider:send"])
    );
    assert_eq!(service.get(PATH, &platform).await.status.as_u16(), 200);
    let shown = service.page(&page, &owner).await.body;
    let form = shown.split("<form class=\"form card\"").nth(1).unwrap().split("</form>").next();
    // The address of the icons changes with them.
    let hash = shown.split("/assets/").nth(1).unwrap().split('/').next().unwrap();
    insta::assert_snapshot!(form.unwrap().replace(hash, "…"));
}
