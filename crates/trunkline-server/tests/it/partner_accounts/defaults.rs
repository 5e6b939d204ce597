use insta::assert_snapshot;
use serde_json::json;

use super::{ACCOUNTS, actions, add, dialog360, small_meta};
use crate::support::Service;

async fn post(service: &Service, key: &str, id: u32, operation: &str) -> crate::support::Answer {
    service.call("POST", &format!("{ACCOUNTS}/{id}/{operation}"), key, &json!({})).await
}

#[tokio::test]
async fn the_default_is_the_first_account_and_is_passed_on() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let first = add(&service, &key, &small_meta(1)).await.json();
    let second = add(&service, &key, &small_meta(2)).await.json();
    let other = add(&service, &key, &dialog360()).await.json();
    let defaults = [&first, &second, &other].map(|account| account["is_default"].clone());
    assert_eq!(json!(defaults), json!([true, false, true]));

    let answer = post(&service, &key, 1, "deactivate").await.json();
    assert_eq!(answer["account"]["is_active"], json!(false));
    assert_eq!(answer["default_account_id"], 2);
    assert_eq!(answer["note"], "Account 2 is now the default of Meta.");
    let answer = post(&service, &key, 2, "deactivate").await.json();
    assert_eq!(answer["default_account_id"], json!(null));
    assert_eq!(
        answer["note"],
        "Meta has no default account now; new companies cannot be onboarded there."
    );
    let answer = post(&service, &key, 1, "default").await;
    assert_eq!(answer.status.as_u16(), 409, "{}", answer.body);
    let answer = post(&service, &key, 1, "activate").await.json();
    assert_eq!(
        (&answer["account"]["is_default"], &answer["note"]),
        (&json!(true), &json!("Account 1 is now the default of Meta."))
    );
    let answer = post(&service, &key, 2, "activate").await.json();
    assert_eq!(answer["note"], "Account 1 stays the default of Meta.");
    let answer = post(&service, &key, 2, "default").await.json();
    assert_eq!(answer["default_account_id"], 2);
    assert_eq!(
        service.get(&format!("{ACCOUNTS}/1"), &key).await.json()["is_default"],
        json!(false)
    );
}

#[tokio::test]
async fn doing_it_again_changes_nothing() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &small_meta(1)).await;
    for operation in ["activate", "default"] {
        assert_eq!(post(&service, &key, 1, operation).await.status.as_u16(), 200);
    }
    assert_eq!(actions(&service).await, ["partner_account.created"]);
    assert_eq!(post(&service, &key, 7, "activate").await.status.as_u16(), 404);
}

#[tokio::test]
async fn accounts_added_at_once_leave_one_default() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let bodies: Vec<_> = (1..=4).map(small_meta).collect();
    let (a, b, c, d) = tokio::join!(
        add(&service, &key, &bodies[0]),
        add(&service, &key, &bodies[1]),
        add(&service, &key, &bodies[2]),
        add(&service, &key, &bodies[3]),
    );
    let defaults = [a, b, c, d].iter().filter(|answer| answer.json()["is_default"] == true).count();
    assert_eq!(defaults, 1);
}

#[tokio::test]
async fn an_account_is_deleted_unless_clients_depend_on_it() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &small_meta(1)).await;
    let client = "INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id) VALUES (1, 'waba')";
    service.client.execute(client, &[]).await.unwrap();
    let delete = async |id: u32| {
        service.call("DELETE", &format!("{ACCOUNTS}/{id}"), &key, &json!(null)).await
    };
    let refused = delete(1).await;
    assert_eq!(refused.status.as_u16(), 409);
    assert_snapshot!(refused.json()["detail"].as_str().unwrap());
    // Another one does not serve it while this is the default.
    add(&service, &key, &small_meta(2)).await;
    assert_eq!(delete(1).await.status.as_u16(), 409);
    post(&service, &key, 2, "default").await;
    let deleted = delete(1).await;
    assert_eq!(
        deleted.json(),
        json!({ "default_account_id": 2, "note": "Account 2 stays the default of Meta." })
    );
    assert_eq!(service.get(&format!("{ACCOUNTS}/1"), &key).await.status.as_u16(), 404);
    assert_eq!(delete(1).await.status.as_u16(), 404);
    let actions = actions(&service).await;
    assert_eq!(actions.last().map(String::as_str), Some("partner_account.deleted"));
}

#[tokio::test]
async fn an_account_to_which_clients_belong_is_not_deleted_whichever_is_the_default() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    for number in [1, 2, 3] {
        add(&service, &key, &small_meta(number)).await;
    }
    let client = "
        INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id, partner_configuration_id)
        VALUES (1, 'waba', 2)";
    service.client.execute(client, &[]).await.unwrap();
    let delete = async |id: u32| {
        service.call("DELETE", &format!("{ACCOUNTS}/{id}"), &key, &json!(null)).await
    };
    assert_eq!(delete(2).await.status.as_u16(), 409);
    post(&service, &key, 2, "deactivate").await;
    assert_eq!(delete(2).await.status.as_u16(), 409);
    // No client is left to the default.
    assert_eq!(delete(1).await.status.as_u16(), 200);
    service.client.execute("DELETE FROM public.meta_whatsapp_clients", &[]).await.unwrap();
    assert_eq!(delete(2).await.status.as_u16(), 200);
}
