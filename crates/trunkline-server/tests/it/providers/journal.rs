use std::sync::{Arc, Mutex};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::Notify;
use trunkline_core::Provider;
use trunkline_providers::meta::CodeMethod;
use trunkline_providers::twilio::{NewSender, SenderWebhook};
use trunkline_server::providers::{
    Resolution, create_channel_key, create_dialog360_client, create_sender, create_subaccount,
    deregister, register, request_code, resolve_open_calls,
};
use trunkline_store::QualifiedId;
use trunkline_store::channels::find_channel_secret;
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::provider_calls::CallState;

use super::{account, dialog360, meta, nobody, on, provider, twilio};
use crate::support::Service;

const CHANNELS: &str = "
    INSERT INTO dialog_360_clients (id, company_id, client_id) VALUES (1, 1, 'exampleCL');
    INSERT INTO dialog_360_channels (id, client_id, channel_id) VALUES (1, 1, 'exampleCH');
    INSERT INTO meta_whatsapp_clients (id, company_id, business_account_id) VALUES (1, 1, '1029');
    INSERT INTO meta_whatsapp_phone_numbers (id, client_id, phone_number_id) VALUES (1, 1, '1065');";

/// A provider that does what it is asked, and does not answer the one who asked until it is told to.
#[derive(Clone, Default)]
struct Made {
    things: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Notify>,
    answer: Arc<Notify>,
}

impl Made {
    fn make(&self, thing: Value) {
        self.things.lock().unwrap().push(thing);
    }

    fn all(&self) -> Vec<Value> {
        self.things.lock().unwrap().clone()
    }

    /// Makes a thing, says so, and answers when it is told to.
    async fn slowly(self, thing: Value, answer: Value) -> Json<Value> {
        self.make(thing);
        self.asked.notify_one();
        self.answer.notified().await;
        Json(answer)
    }

    fn dialog360(&self) -> Router {
        let (keys, new_key, clients, new_client) =
            (self.clone(), self.clone(), self.clone(), self.clone());
        let keys = get(async move || Json(json!({ "api_keys": keys.all() }))).post(async move || {
            let id = format!("key{}", new_key.all().len());
            let answer = json!({ "id": id, "api_key": format!("secret of {id}"), "address": "https://a.example" });
            new_key.slowly(json!({ "id": id }), answer).await
        });
        let list = get(async move || Json(json!({ "clients": clients.all() })));
        let create = axum::routing::post(async move || {
            let client =
                json!({ "id": "newCL", "contact_info": { "email": "owner@acme.example" } });
            // As it happens at 360dialog: an error, although the client was made.
            new_client.make(client);
            (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "meta": {} })))
        });
        Router::new()
            .route("/api/v2/partners/examplePA/channels/{id}/api_keys", keys)
            .route("/api/v2/partners/examplePA/clients", list)
            .route("/api/v2/partners/examplePA/account_sharing/clients", create)
    }

    /// `after` is what the number is once a call was made on it.
    fn meta(&self, after: Value) -> Router {
        let (read, done) = (self.clone(), self.clone());
        let number = get(async move || {
            let usual = json!({ "id": "1065", "status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE" });
            Json(if read.all().is_empty() { usual } else { after.clone() })
        });
        let act = axum::routing::post(async move |Path((_, act)): Path<(String, String)>| {
            done.slowly(act.into(), json!({ "success": true })).await
        });
        Router::new().route("/v25.0/{number}", number).route("/v25.0/{number}/{act}", act)
    }
}

/// Runs a call as a process that is killed when the provider has done what it was asked.
async fn killed(made: &Made, call: impl Future<Output = ()> + Send + 'static) {
    let task = tokio::spawn(call);
    made.asked.notified().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
}

async fn states(service: &Service) -> Vec<String> {
    let query =
        "SELECT call || ' ' || subject || ' ' || state FROM trunkline.provider_calls ORDER BY id";
    let rows = service.client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn resolve(service: &Service, account: &PartnerAccount) -> Vec<Resolution> {
    service.clock.advance(SignedDuration::from_mins(3));
    resolve_open_calls(&service.state, account).await.unwrap()
}

async fn secret(service: &Service) -> Option<String> {
    let id = QualifiedId { provider: Provider::Dialog360, number: 1 };
    let connection = service.state.store.connection().await.unwrap();
    let found = find_channel_secret(connection.executor(), id, &service.state.keys).await.unwrap();
    found.map(|secret| secret.unwrap().expose().to_owned())
}

#[tokio::test]
async fn a_call_is_written_down_before_it_is_sent_and_its_secret_is_kept_with_its_end() {
    let service = Service::new().await;
    service.client.batch_execute(CHANNELS).await.unwrap();
    let made = Made::default();
    let address = provider(made.dialog360()).await;
    let account = account(&service, &address, &dialog360()).await;
    let (state, partner) = (service.state.clone(), account.clone());
    let task = tokio::spawn(async move {
        create_channel_key(&state, on(&partner, &nobody(), "exampleCH")).await
    });
    made.asked.notified().await;
    assert_eq!(states(&service).await, ["provider.360dialog.api_key_create exampleCH begun"]);
    assert_eq!(secret(&service).await, None);
    made.answer.notify_one();
    task.await.unwrap().unwrap();
    assert_eq!(states(&service).await, ["provider.360dialog.api_key_create exampleCH done"]);
    assert_eq!(secret(&service).await.as_deref(), Some("secret of key0"));
    let shown = "SELECT outcome::TEXT || details::TEXT FROM trunkline.provider_calls";
    let shown: String = service.client.query_one(shown, &[]).await.unwrap().get(0);
    assert!(!shown.contains("secret of"), "{shown}");
}

#[tokio::test]
async fn a_kill_between_send_and_store_is_found_and_the_call_not_made_again_until_it_is_known() {
    let mut service = Service::new().await;
    // It is not the budget that is tried here.
    Arc::make_mut(&mut service.state.settings).calls.dialog360_calls = 100;
    service.client.batch_execute(CHANNELS).await.unwrap();
    let made = Made::default();
    let address = provider(made.dialog360()).await;
    let account = account(&service, &address, &dialog360()).await;
    let (state, partner) = (service.state.clone(), account.clone());
    killed(&made, async move {
        let _ = create_channel_key(&state, on(&partner, &nobody(), "exampleCH")).await;
    })
    .await;
    assert_eq!(secret(&service).await, None);

    let again =
        create_channel_key(&service.state, on(&account, &nobody(), "exampleCH")).await.unwrap_err();
    assert_eq!(again.status().as_u16(), 409);
    assert_eq!(made.all().len(), 1, "the call was made a second time");
    // It may still be under way in another process.
    assert!(resolve_open_calls(&service.state, &account).await.unwrap().is_empty());

    let found = resolve(&service, &account).await;
    assert_eq!(found.iter().map(|found| found.end).collect::<Vec<_>>(), [CallState::Done]);
    assert_eq!(made.all().len(), 1, "it was found out by making it again");
    let lost = "SELECT outcome ->> 'lost' FROM trunkline.provider_calls";
    assert_eq!(service.client.query_one(lost, &[]).await.unwrap().get::<_, &str>(0), "true");

    made.answer.notify_one();
    create_channel_key(&service.state, on(&account, &nobody(), "exampleCH")).await.unwrap();
    assert_eq!(secret(&service).await.as_deref(), Some("secret of key1"));
}

#[tokio::test]
async fn two_processes_do_not_make_the_same_call_at_once() {
    let service = Service::new().await;
    service.client.batch_execute(CHANNELS).await.unwrap();
    let made = Made::default();
    let address = provider(made.dialog360()).await;
    let account = account(&service, &address, &dialog360()).await;
    let actor = nobody();
    let call = || create_channel_key(&service.state, on(&account, &actor, "exampleCH"));
    let mut calls: FuturesUnordered<_> = (0..3).map(|_| call()).collect();
    // The provider answers nobody before two of them were refused.
    for _ in 0..2 {
        let refused = calls.next().await.unwrap().unwrap_err();
        assert_eq!(refused.status().as_u16(), 409, "{refused:?}");
    }
    made.answer.notify_one();
    calls.next().await.unwrap().unwrap();
    assert_eq!(made.all().len(), 1);
}

#[tokio::test]
async fn a_client_that_was_made_although_360dialog_said_no_is_found() {
    let service = Service::new().await;
    let made = Made::default();
    let address = provider(made.dialog360()).await;
    let account = account(&service, &address, &dialog360()).await;
    let create = || create_dialog360_client(&service.state, &account, "Acme", "owner@acme.example");
    assert_eq!(create().await.unwrap_err().status().as_u16(), 503);
    // 360dialog is left alone for as long as it asked.
    service.client.batch_execute("DELETE FROM trunkline.rate_budgets").await.unwrap();
    let found = resolve(&service, &account).await;
    assert_eq!(found[0].end, CallState::Done);
    let id = "SELECT outcome #>> '{found,client_id}' FROM trunkline.provider_calls";
    assert_eq!(service.client.query_one(id, &[]).await.unwrap().get::<_, &str>(0), "newCL");
    assert_eq!(made.all().len(), 1);
}

#[tokio::test]
async fn what_became_of_metas_calls_is_read_from_the_number() {
    let connected = json!({ "id": "1065", "status": "CONNECTED", "platform_type": "CLOUD_API" });
    let gone = json!({ "id": "1065", "status": "DISCONNECTED", "platform_type": "NOT_APPLICABLE" });
    for (act, after, end) in [
        ("register", &connected, CallState::Done),
        ("register", &gone, CallState::Failed),
        ("deregister", &gone, CallState::Done),
        ("deregister", &connected, CallState::Failed),
        ("request_code", &gone, CallState::Unknown),
    ] {
        let service = Service::new().await;
        service.client.batch_execute(CHANNELS).await.unwrap();
        let made = Made::default();
        let address = provider(made.meta(after.clone())).await;
        let account = account(&service, &address, &meta()).await;
        let (state, partner) = (service.state.clone(), account.clone());
        killed(&made, async move {
            let pin = "012345".into();
            let _ = match act {
                "register" => register(&state, on(&partner, &nobody(), "1065"), &pin, false).await,
                "deregister" => deregister(&state, on(&partner, &nobody(), "1065")).await,
                _ => {
                    request_code(
                        &state,
                        on(&partner, &nobody(), "1065"),
                        (CodeMethod::Sms, "en_US"),
                    )
                    .await
                }
            };
        })
        .await;
        let found = resolve(&service, &account).await;
        assert_eq!(found.iter().map(|found| found.end).collect::<Vec<_>>(), [end], "{act}");
        let word = end.as_str();
        assert_eq!(states(&service).await, [format!("provider.meta.{act} 1065 {word}")]);
        assert_eq!(made.all().len(), 1, "{act} was made again");
        if end == CallState::Unknown {
            let actor = nobody();
            let on = on(&account, &actor, "1065");
            let again = request_code(&service.state, on, (CodeMethod::Sms, "en_US"));
            assert_eq!(again.await.unwrap_err().status().as_u16(), 409);
        }
    }
}

#[tokio::test]
async fn a_call_that_the_provider_refuses_has_ended_and_can_be_made_again() {
    let service = Service::new().await;
    service.client.batch_execute(CHANNELS).await.unwrap();
    let refuse = axum::routing::post(async || {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": { "code": 133_005, "message": "wrong pin" } })),
        )
    });
    let address = provider(Router::new().route("/v25.0/{number}/register", refuse)).await;
    let account = account(&service, &address, &meta()).await;
    for _ in 0..2 {
        let refused =
            register(&service.state, on(&account, &nobody(), "1065"), &"012345".into(), false)
                .await;
        assert_eq!(refused.unwrap_err().status().as_u16(), 409);
    }
    let state = "provider.meta.register 1065 failed";
    assert_eq!(states(&service).await, [state, state]);
}

#[tokio::test]
async fn a_subaccount_and_a_sender_of_twilio_are_found_after_a_kill() {
    let service = Service::new().await;
    let made = Made::default();
    let (list, new, senders, sender) = (made.clone(), made.clone(), made.clone(), made.clone());
    let child = "AC00000000000000000000000000000002";
    let accounts =
        get(async move || Json(json!({ "accounts": list.all() }))).post(async move || {
            new.slowly(json!({ "sid": child, "friendly_name": "Acme" }), json!({})).await
        });
    let one = get(async move || Json(json!({ "sid": child, "auth_token": "child-token" })));
    let of_child = get(async move || Json(json!({ "senders": senders.all(), "meta": {} }))).post(
        async move || {
            let made = json!({ "sid": "XE00000000000000000000000000000003", "sender_id": "whatsapp:+15017122661" });
            sender.slowly(made, json!({})).await
        },
    );
    let router = Router::new()
        .route("/2010-04-01/Accounts.json", accounts)
        .route("/2010-04-01/Accounts/{file}", one)
        .route("/v2/Channels/Senders", of_child);
    let address = provider(router).await;
    let account = account(&service, &address, &twilio()).await;
    let (state, partner) = (service.state.clone(), account.clone());
    killed(&made, async move {
        let _ = create_subaccount(&state, &partner, "Acme").await;
    })
    .await;
    let (state, partner) = (service.state.clone(), account.clone());
    killed(&made, async move {
        let new = NewSender {
            phone_number: "+15017122661",
            name: "Acme",
            waba_id: None,
            verification_method: None,
            webhook: SenderWebhook::default(),
        };
        let _ = create_sender(&state, &partner, child, &new).await;
    })
    .await;
    let found = resolve(&service, &account).await;
    assert_eq!(found.iter().map(|found| found.end).collect::<Vec<_>>(), [CallState::Done; 2]);
    assert_eq!(made.all().len(), 2);
}
