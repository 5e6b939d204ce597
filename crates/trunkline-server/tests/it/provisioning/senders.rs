use serde_json::json;
use trunkline_providers::simulator::{Fault, FaultKind};

use super::Desk;

const SENDER: &str = "XE00000000000000000000000000000002";

impl Desk {
    /// A sender of a subaccount waits for its code.
    fn waits(&self) {
        self.field.simulator.change(|world| {
            let sender = world.twilio.senders.get_mut(SENDER).unwrap();
            "PENDING_VERIFICATION".clone_into(&mut sender.status);
        });
    }
}

#[tokio::test]
async fn a_sender_is_verified_by_the_code_that_twilio_sent() {
    let desk = Desk::new().await;
    desk.waits();
    let path = "/channels/twilio-2/verify-code";
    let wrong = desk.refused(path, json!({ "code": "654321" }), 409).await;
    assert!(wrong.contains("Twilio refused") && wrong.contains("63111"), "{wrong}");
    let right = desk.post(path, json!({ "code": "123456" })).await;
    assert_eq!(right.status.as_u16(), 200, "{}", right.body);
    assert_eq!(right.json()["provider_status"], "VERIFYING");
    assert_eq!(
        desk.journal().await,
        format!(
            "provider.twilio.sender_verify {SENDER} failed\nprovider.twilio.sender_verify {SENDER} done"
        )
    );
}

#[tokio::test]
async fn what_became_of_a_code_is_read_from_the_sender() {
    for (kind, state) in [(FaultKind::DoneButReset, "done"), (FaultKind::Reset, "failed")] {
        let desk = Desk::new().await;
        desk.waits();
        let path = format!("/twilio/v2/Channels/Senders/{SENDER}");
        let method = Some("POST".to_owned());
        desk.field.simulator.fault(Fault { method, path, times: Some(1), kind });
        desk.refused("/channels/twilio-2/verify-code", json!({ "code": "123456" }), 503).await;
        desk.wait();
        let resolved = desk.post("/provider-calls/1/resolve", json!({})).await;
        assert_eq!(resolved.json()["state"], state, "{}", resolved.body);
    }
}
