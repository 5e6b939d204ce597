use crate::support::{Answer, Service};

const LIST: &str = "/admin/api-keys";

/// The key that a page shows this once.
fn shown_key(page: &Answer) -> String {
    let start = page.body.find(">tlk_").unwrap_or_else(|| panic!("{}", page.body)) + 1;
    page.body[start..].split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_made_shown_once_and_revoked_after_a_question() {
    let service = Service::new().await;
    let cookie = service.sign_in("admin").await;
    let empty = service.page(LIST, &cookie).await;
    assert!(empty.body.contains("There is no key yet"), "{}", empty.body);

    let form = "name=billing+export&role=operator&company_id=2&expires_on=2026-02-28";
    let made = service.submit("/admin/api-keys/new", &cookie, form).await;
    assert_eq!(made.status.as_u16(), 200);
    let key = shown_key(&made);
    assert!(made.body.contains(&format!("data-copy=\"{key}\"")), "{}", made.body);
    assert_eq!(service.get("/api/v1/key", &key).await.json()["company_id"], 2);

    let list = service.page(LIST, &cookie).await;
    assert!(!list.body.contains(&key) && list.body.contains("billing export"), "{}", list.body);
    assert!(list.body.contains("Company 2") && list.body.contains("1 Mar 2026"), "{}", list.body);
    let ask = service.page("/admin/api-keys/1/revoke", &cookie).await;
    assert!(ask.body.contains("Revoke “billing export”?"), "{}", ask.body);
    assert_eq!(service.get("/api/v1/key", &key).await.status.as_u16(), 200);

    let revoked = service.submit("/admin/api-keys/1/revoke", &cookie, "").await;
    assert_eq!((revoked.status.as_u16(), revoked.header("location")), (303, LIST));
    assert_eq!(service.get("/api/v1/key", &key).await.status.as_u16(), 401);
    let query =
        "SELECT string_agg(action || ' ' || actor_name, ', ' ORDER BY id) FROM trunkline.audit_log";
    let written: String = service.client.query_one(query, &[]).await.unwrap().get(0);
    assert_eq!(written, "api_key.created admin@example.com, api_key.revoked admin@example.com");
}

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_filled_in() {
    let service = Service::new().await;
    let cookie = service.sign_in("owner").await;
    for (form, message) in [
        ("name=&role=viewer", "it must not be blank"),
        ("name=kept&role=", "choose one"),
        ("name=kept&role=owner", "never an owner"),
        ("name=kept&role=viewer&company_id=first", "it is a number"),
        ("name=kept&role=viewer&company_id=77", "there is no company 77"),
        ("name=kept&role=viewer&expires_on=soon", "it is a day"),
        ("name=kept&role=viewer&expires_on=2020-01-01", "it lies in the past"),
    ] {
        let page = service.submit("/admin/api-keys/new", &cookie, form).await;
        assert_eq!(page.status.as_u16(), 422, "{form}");
        assert!(page.body.contains(message), "{form}: {}", page.body);
        assert!(form.starts_with("name=&") || page.body.contains("value=\"kept\""), "{form}");
    }
    let count = "SELECT count(*) FROM trunkline.api_keys";
    assert_eq!(service.client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn keys_are_for_admins() {
    let service = Service::new().await;
    service.api_key("viewer", None).await;
    let cookie = service.sign_in("operator").await;
    for path in [LIST, "/admin/api-keys/new", "/admin/api-keys/1/revoke"] {
        assert_eq!(service.page(path, &cookie).await.status.as_u16(), 403, "{path}");
    }
    for path in ["/admin/api-keys/new", "/admin/api-keys/1/revoke"] {
        let answer = service.submit(path, &cookie, "name=a&role=viewer").await;
        assert_eq!(answer.status.as_u16(), 403, "{path}");
    }
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_paged() {
    let service = Service::new().await;
    let cookie = service.sign_in("admin").await;
    for number in 0..60 {
        service.api_key(if number % 2 == 0 { "viewer" } else { "operator" }, None).await;
    }
    let page = service.page(LIST, &cookie).await;
    assert!(page.body.contains("50 keys on this page"), "{}", page.body);
    let next = page.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = service.page(&next.replace("&#38;", "&"), &cookie).await;
    assert!(next.body.contains("10 keys on this page"), "{}", next.body);
    let page =
        service.page("/admin/api-keys?role=operator&state=active&q=tes&sort=-name", &cookie).await;
    assert!(page.body.contains("30 keys<"), "{}", page.body);
    assert!(page.body.contains("aria-sort=\"descending\""), "{}", page.body);
    let page = service.page("/admin/api-keys?state=revoked", &cookie).await;
    assert!(page.body.contains("No key fits these filters"), "{}", page.body);
}
