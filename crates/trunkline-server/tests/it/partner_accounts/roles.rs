use serde_json::json;

use super::{ACCOUNTS, add, meta, patch};
use crate::support::Service;

#[tokio::test]
async fn viewers_read_administrators_change_and_companies_see_nothing() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let path = add(&service, &admin, &meta()).await.header("location").to_owned();
    for (role, company, read) in
        [("viewer", None, 200), ("operator", None, 200), ("admin", Some(1), 403)]
    {
        let key = service.api_key(role, company).await;
        for seen in [ACCOUNTS, &path] {
            assert_eq!(service.get(seen, &key).await.status.as_u16(), read, "{role} {seen}");
        }
        for (method, path) in [
            ("POST", ACCOUNTS.to_owned()),
            ("PATCH", path.clone()),
            ("DELETE", path.clone()),
            ("PUT", format!("{path}/secrets/app_secret")),
            ("POST", format!("{path}/deactivate")),
            ("POST", format!("{path}/activate")),
            ("POST", format!("{path}/default")),
            ("POST", format!("{path}/check")),
            ("PUT", format!("{path}/logo")),
            ("DELETE", format!("{path}/logo")),
        ] {
            let answer = service.call(method, &path, &key, &meta()).await;
            assert_eq!(answer.status.as_u16(), 403, "{role} {method} {path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn owners_alone_say_where_credentials_are_sent() {
    let service = Service::new().await;
    let admin = service.api_key("admin", None).await;
    let added = add(&service, &admin, &meta()).await;
    let path = added.header("location");
    let change = json!({ "base_url": "https://proxy.example.com/meta" });
    let refused = patch(&service, &admin, path, added.header("etag"), &change).await;
    assert_eq!(refused.status.as_u16(), 403);
    assert_eq!(
        refused.json()["detail"],
        "base_url: an owner alone changes where credentials are sent"
    );
    let set =
        "UPDATE trunkline.partner_account_details SET base_url = 'https://proxy.example.com/meta'";
    service.client.execute(set, &[]).await.unwrap();
<<<<<<< HEAD
    // The address that stands there already may stay.
=======
    // Whoever sends back what they read changes nothing there.
>>>>>>> c6efe9c9de7290ba51c13d036ded54d0d62226a3
    let same = json!({ "base_url": "https://proxy.example.com/meta", "label": "x" });
    assert_eq!(patch(&service, &admin, path, "*", &same).await.status.as_u16(), 200);
}
