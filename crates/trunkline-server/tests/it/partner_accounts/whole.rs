use serde_json::json;

use super::{ACCOUNTS, add, dialog360, meta, patch, stable, twilio};
use crate::support::Service;

#[tokio::test]
async fn an_account_of_each_provider_is_added_read_and_listed() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    for (name, body) in [("meta", meta()), ("360dialog", dialog360()), ("twilio", twilio())] {
        let added = add(&service, &key, &body).await;
        insta::assert_snapshot!(format!("added_{name}"), stable(&added));
        let read = service.get(added.header("location"), &key).await;
        assert_eq!(read.body, added.body);
        assert_eq!(read.header("etag"), added.header("etag"));
    }
    let all = service.get(ACCOUNTS, &key).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let of_meta =
        service.get(&format!("{ACCOUNTS}?provider=meta&is_active=true"), &key).await.json();
    assert_eq!(of_meta["items"][0], all["items"][0]);
    assert_eq!(of_meta["items"].as_array().unwrap().len(), 1);
    let unused = service.get(&format!("{ACCOUNTS}?is_active=false"), &key).await.json();
    assert_eq!(unused, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn a_list_goes_on_where_its_page_ended() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    for number in 1..=3 {
        add(&service, &key, &super::small_meta(number)).await;
    }
    let first = service.get(&format!("{ACCOUNTS}?limit=2"), &key).await;
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let second = service.get(&format!("{ACCOUNTS}?limit=2&cursor={cursor}"), &key).await.json();
    assert_eq!(second["items"][0]["id"], 3);
    assert_eq!(second["next_cursor"], json!(null));
    for query in ["limit=0", "limit=x", "cursor=abc", "provider=whatsapp", "is_active=2", "page=1"]
    {
        let answer = service.get(&format!("{ACCOUNTS}?{query}"), &key).await;
        assert_eq!(answer.status.as_u16(), 422, "{query}");
        assert_eq!(super::fields(&answer), [query.split('=').next().unwrap()], "{}", answer.body);
    }
}

#[tokio::test]
async fn what_was_done_stands_in_the_audit_log_with_secrets_as_fingerprints() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let change = json!({ "label": "Renamed", "app_secret": "meta-app-secret-zzzz9999" });
    let path = added.header("location");
    let edited = patch(&service, &key, path, added.header("etag"), &change).await;
    assert_eq!(edited.status.as_u16(), 200, "{}", edited.body);
    let query = "SELECT jsonb_pretty(jsonb_build_object('action', action, 'object', object_kind || ' ' || object_id,
            'actor', actor_kind || ' ' || actor_name, 'before', before::JSONB, 'after', after::JSONB))
        FROM trunkline.audit_log ORDER BY id";
    let rows = service.client.query(query, &[]).await.unwrap();
    let entries: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    insta::assert_snapshot!(entries.join("\n"));
}
