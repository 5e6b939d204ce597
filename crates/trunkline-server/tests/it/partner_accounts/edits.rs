use serde_json::json;

use super::{ACCOUNTS, actions, add, fields, meta, patch, small_meta};
use crate::support::Service;

#[tokio::test]
async fn an_edit_names_the_version_that_it_edits() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let path = added.header("location");
    let change = json!({ "label": "New name", "login_configuration_id": null });
    let without = service.call("PATCH", path, &key, &change).await;
    assert_eq!(
        (without.status.as_u16(), without.json()["type"].clone()),
        (428, json!("/problems/version-required"))
    );
    let wrong = patch(&service, &key, path, "\"older\"", &change).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.json()["type"].clone()),
        (412, json!("/problems/stale"))
    );

    let edited = patch(&service, &key, path, added.header("etag"), &change).await;
    assert_eq!(edited.status.as_u16(), 200, "{}", edited.body);
    let (before, after) = (added.json(), edited.json());
    assert_eq!(after["label"], "New name");
    assert_eq!(after["login_configuration_id"], json!(null));
    for kept in ["app_id", "secrets", "public_profile", "graph_version", "is_default"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    let again = patch(&service, &key, path, added.header("etag"), &change).await;
    assert_eq!(again.status.as_u16(), 412);
    assert_ne!(edited.header("etag"), added.header("etag"));
}

#[tokio::test]
async fn of_two_edits_of_one_version_at_once_one_is_refused() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let (path, version) = (added.header("location"), added.header("etag"));
    let (one, other) = (json!({ "label": "one" }), json!({ "label": "other" }));
    let (one, other) = tokio::join!(
        patch(&service, &key, path, version, &one),
        patch(&service, &key, path, version, &other),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    assert_eq!(actions(&service).await, ["partner_account.created", "partner_account.updated"]);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_not_noted() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let same = json!({ "label": "Main app", "app_secret": "meta-app-secret-aaaa1111" });
    let path = added.header("location");
    let edited = patch(&service, &key, path, added.header("etag"), &same).await;
    assert_eq!((edited.status.as_u16(), &edited.body), (200, &added.body));
    assert_eq!(actions(&service).await, ["partner_account.created"]);
}

#[tokio::test]
async fn a_second_account_of_one_id_is_a_conflict_that_names_the_field() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &small_meta(1)).await;
    let twin = service.call("POST", ACCOUNTS, &key, &small_meta(1)).await;
    assert_eq!(twin.status.as_u16(), 409);
    assert_eq!(fields(&twin), ["business_portfolio_id"]);
    let other = add(&service, &key, &small_meta(2)).await;
    let change = json!({ "business_portfolio_id": "1" });
    let path = other.header("location");
    let edited = patch(&service, &key, path, other.header("etag"), &change).await;
    assert_eq!((edited.status.as_u16(), fields(&edited)), (409, fields(&twin)));
    assert_eq!(service.get(path, &key).await.body, other.body);
}

#[tokio::test]
async fn what_the_platform_keeps_in_the_profile_beside_ours_stays() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let query = "UPDATE public.partner_configurations
        SET public_profile = public_profile || '{\"theirs\": {\"a\": 1}, \"languages\": 7}'";
    service.client.execute(query, &[]).await.unwrap();
    let path = added.header("location");
    let read = service.get(path, &key).await;
    assert_eq!(read.json()["public_profile"]["languages"], json!([]));
    let change = json!({ "public_profile": { "company_name": "Other" } });
    let edited = patch(&service, &key, path, read.header("etag"), &change).await;
    assert_eq!(edited.json()["public_profile"]["terms_url"], json!(null));
    let query = "SELECT public_profile FROM public.partner_configurations";
    let stored: serde_json::Value = service.client.query_one(query, &[]).await.unwrap().get(0);
    let expected = json!({ "company_name": "Other", "theirs": { "a": 1 }, "languages": [],
        "colors": {}, "support": {} });
    assert_eq!(stored, expected);
}
