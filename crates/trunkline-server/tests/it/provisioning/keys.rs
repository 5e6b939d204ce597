use serde_json::json;
use trunkline_core::Provider;
use trunkline_providers::simulator::{Fault, FaultKind};
use trunkline_store::QualifiedId;
use trunkline_store::channels::find_channel_secret;

use super::{Desk, KEYS, done_then_500};

const ROTATE: &str = "/channels/360dialog-1/rotate-api-key";

impl Desk {
    /// The key that is kept.
    async fn kept(&self) -> Option<String> {
        let state = &self.field.service.state;
        let id = QualifiedId { provider: Provider::Dialog360, number: 1 };
        let connection = state.store.connection().await.unwrap();
        let found = find_channel_secret(connection.executor(), id, &state.keys).await.unwrap();
        found.map(|secret| secret.unwrap().expose().to_owned())
    }

    /// The keys that work at 360dialog.
    fn working(&self) -> Vec<String> {
        let keys = |world: &trunkline_providers::simulator::World| {
            let keys = world.dialog360.channels["n00000CH"].keys.iter();
            keys.map(|key| key.api_key.clone()).collect()
        };
        self.field.simulator.read(keys)
    }

    fn at_keys(&self, kind: FaultKind) {
        let (method, path) = (Some("POST".to_owned()), KEYS.to_owned());
        self.field.simulator.fault(Fault { method, path, times: Some(1), kind });
    }
}

#[tokio::test]
async fn a_new_key_ends_the_one_before_it_and_is_kept_and_shown_to_nobody() {
    let desk = Desk::new().await;
    let before = desk.working();
    let made = desk.post(ROTATE, json!({})).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    assert_eq!(made.json()["id"], "360dialog-1");
    let working = desk.working();
    assert_eq!((working.len(), working == before), (1, false));
    assert_eq!(desk.kept().await.as_ref(), working.first());
    assert_eq!(desk.journal().await, "provider.360dialog.api_key_create n00000CH done");
    insta::assert_snapshot!("rotated_audit", desk.audit("360dialog-1").await);
    let column = "SELECT api_key FROM dialog_360_channels WHERE id = 1";
    assert!(desk.field.text(column).await.starts_with("tlk1."));
    let calls = desk.get("/provider-calls").await.body;
    assert!(
        calls.contains("done") && !calls.contains(&working[0]) && !made.body.contains(&working[0])
    );
    // Another one ends this one.
    assert_eq!(desk.post(ROTATE, json!({})).await.status.as_u16(), 200);
    assert!(!desk.working().contains(&working[0]));
    assert_eq!(desk.kept().await, desk.working().pop());
}

#[tokio::test]
async fn a_key_that_the_client_does_not_permit_leaves_the_present_one() {
    let desk = Desk::new().await;
    assert_eq!(desk.post(ROTATE, json!({})).await.status.as_u16(), 200);
    let kept = desk.kept().await;
    desk.field.simulator.change(|world| {
        world.dialog360.channels.get_mut("n00000CH").unwrap().permitted = false;
    });
    insta::assert_snapshot!("rotation_not_permitted", desk.refused(ROTATE, json!({}), 409).await);
    assert_eq!((desk.kept().await, desk.working().pop()), (kept.clone(), kept));
    assert!(desk.journal().await.ends_with("failed"), "it is known, and may be asked again");
}

#[tokio::test]
async fn a_key_that_was_made_without_an_answer_is_seen_and_not_made_again_until_that_is_known() {
    for fault in [done_then_500(), FaultKind::DoneButReset, FaultKind::Truncated] {
        let desk = Desk::new().await;
        let before = desk.working();
        desk.at_keys(fault.clone());
        let unsure = desk.refused(ROTATE, json!({}), 503).await;
        assert!(unsure.contains("call 1 stays open"), "{unsure}");
        assert_ne!(desk.working(), before, "the provider made it");
        assert_eq!(desk.kept().await, None);
        assert_eq!(desk.journal().await, "provider.360dialog.api_key_create n00000CH begun");

        let again = desk.refused(ROTATE, json!({}), 409).await;
        assert!(again.contains("it is not known what became of it"), "{again}");
        assert_eq!(desk.sent("POST", "/api_keys"), 1, "{fault:?}");
        let early = desk.refused("/provider-calls/1/resolve", json!({}), 409).await;
        assert!(early.contains("may still be under way"), "{early}");

        desk.wait();
        let resolved = desk.post("/provider-calls/1/resolve", json!({})).await;
        assert_eq!(resolved.json()["state"], "done", "{}", resolved.body);
        assert_eq!(resolved.json()["outcome"]["lost"], true);
        let cookie = desk.field.service.sign_in("operator").await;
        let page = desk.field.service.page("/admin/channels/360dialog-1", &cookie).await.body;
        assert!(page.contains("Its API key was lost"));

        assert_eq!(desk.post(ROTATE, json!({})).await.status.as_u16(), 200);
        assert_eq!(desk.kept().await, desk.working().pop());
        let page = desk.field.service.page("/admin/channels/360dialog-1", &cookie).await.body;
        assert!(!page.contains("Its API key was lost"));
    }
}

#[tokio::test]
async fn a_key_that_was_not_made_is_found_out_and_made_then() {
    let desk = Desk::new().await;
    desk.at_keys(FaultKind::Reset);
    desk.refused(ROTATE, json!({}), 503).await;
    desk.wait();
    let resolved = desk.post("/provider-calls/1/resolve", json!({})).await;
    assert_eq!(resolved.json()["state"], "failed", "{}", resolved.body);
    assert_eq!(desk.post(ROTATE, json!({})).await.status.as_u16(), 200);
    assert_eq!(desk.kept().await, desk.working().pop());
}

#[tokio::test]
async fn somebody_who_hangs_up_does_not_lose_the_key() {
    let desk = Desk::new().await;
    desk.at_keys(FaultKind::Slow { milliseconds: 500 });
    let asking =
        tokio::time::timeout(std::time::Duration::from_millis(250), desk.post(ROTATE, json!({})));
    assert!(asking.await.is_err(), "it was answered at once");
    for _ in 0..100 {
        if desk.journal().await.ends_with("done") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(desk.kept().await, desk.working().pop());
}

#[tokio::test]
async fn only_operators_make_keys_and_only_for_channels_that_they_see() {
    let desk = Desk::new().await;
    let service = &desk.field.service;
    for (role, company, status) in
        [("viewer", None, 403), ("operator", Some(2), 404), ("operator", Some(1), 200)]
    {
        let key = service.api_key(role, company).await;
        let answer = service.call("POST", &format!("/api/v1{ROTATE}"), &key, &json!({})).await;
        assert_eq!(answer.status.as_u16(), status, "{role} {company:?}: {}", answer.body);
    }
    let own = service.api_key("operator", Some(1)).await;
    assert_eq!(service.get("/api/v1/provider-calls", &own).await.status.as_u16(), 403);
    for other in ["meta-1", "twilio-1"] {
        let detail =
            desk.refused(&format!("/channels/{other}/rotate-api-key"), json!({}), 409).await;
        assert!(detail.contains("have no API key"), "{detail}");
    }
}
