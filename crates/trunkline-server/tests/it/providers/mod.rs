//! What is said to the providers for partner accounts.

mod budget;
mod journal;

use axum::Router;
use serde_json::{Value, json};
use trunkline_server::providers::OnChannel;
use trunkline_store::QualifiedId;
use trunkline_store::audit_log::{Actor, ActorKind};
use trunkline_store::partner_accounts::{PartnerAccount, find_partner_account};

use crate::support::Service;

/// Answers on loopback; gives the address.
pub(crate) async fn provider(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A partner account whose provider is at an address.
pub(crate) async fn account(service: &Service, address: &str, body: &Value) -> PartnerAccount {
    let key = service.api_key("admin", None).await;
    let added = service.call("POST", "/api/v1/partner-accounts", &key, body).await;
    assert_eq!(added.status.as_u16(), 201, "{}", added.body);
    let id = i32::try_from(added.json()["id"].as_i64().unwrap()).unwrap();
    let set = "
        UPDATE trunkline.partner_account_details
        SET base_url = $1
        WHERE partner_configuration_id = $2";
    service.client.execute(set, &[&address, &id]).await.unwrap();
    let connection = service.state.store.connection().await.unwrap();
    find_partner_account(connection.executor(), id).await.unwrap().unwrap()
}

/// The first channel of an account, under this id of the provider's.
pub(crate) fn on<'a>(account: &'a PartnerAccount, actor: &'a Actor, key: &'a str) -> OnChannel<'a> {
    let id = QualifiedId { provider: account.provider, number: 1 };
    OnChannel { account, id, key, client: "", company_id: 1, actor }
}

pub(crate) fn nobody() -> Actor {
    let name = "test".to_owned();
    Actor { kind: ActorKind::System, id: None, name, address: None, request_id: None }
}

pub(crate) fn dialog360() -> Value {
    json!({
        "provider": "360dialog",
        "partner_id": "examplePA",
        "api_key": "d360-api-key-dddd4444",
        "platform_secret": "d360-platform-secret-eeee5555",
    })
}

pub(crate) fn meta() -> Value {
    json!({
        "provider": "meta",
        "business_portfolio_id": "100000000000001",
        "app_id": "200000000000002",
        "app_secret": "meta-app-secret-aaaa1111",
        "system_user_token": "meta-system-user-token-bbbb2222",
    })
}

pub(crate) fn twilio() -> Value {
    json!({
        "provider": "twilio",
        "account_sid": "AC00000000000000000000000000000001",
        "auth_token": "twilio-auth-token-gggg7777",
    })
}
