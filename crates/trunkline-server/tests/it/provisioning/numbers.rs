use serde_json::{Value, json};
use trunkline_providers::simulator::{Fault, FaultKind};

use super::Desk;

const NUMBER: &str = "103000000000001";

impl Desk {
    /// As a number is before anybody showed whose it is.
    fn is_new(&self) {
        self.number(|fields| {
            for (name, value) in [
                ("code_verification_status", "NOT_VERIFIED"),
                ("status", "PENDING"),
                ("platform_type", "NOT_APPLICABLE"),
            ] {
                fields.insert(name.to_owned(), value.into());
            }
        });
    }

    fn number(&self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        self.field.simulator.change(|world| {
            change(&mut world.meta.numbers.get_mut(NUMBER).unwrap().fields);
        });
    }

    /// How the channel stands, and who said so.
    async fn history(&self) -> String {
        let query = "
            SELECT concat_ws(' ', aspect, before, after, told_by, actor)
            FROM trunkline.fact_history WHERE provider = 'meta' AND aspect = 'status' ORDER BY id";
        self.field.text(query).await
    }
}

#[tokio::test]
async fn a_number_is_verified_by_its_code_and_registered_by_its_pin() {
    let desk = Desk::new().await;
    desk.is_new();
    let early = desk.refused("/channels/meta-1/register", json!({ "pin": "000000" }), 409).await;
    assert!(early.contains("133006") && early.contains("request a code"), "{early}");
    let early =
        desk.refused("/channels/meta-1/verify-code", json!({ "code": "123456" }), 409).await;
    assert!(early.contains("136025") && early.contains("request another"), "{early}");

    let asked = desk.post("/channels/meta-1/request-code", json!({ "method": "voice" })).await;
    assert_eq!(asked.status.as_u16(), 200, "{}", asked.body);
    desk.refused("/channels/meta-1/verify-code", json!({ "code": "654321" }), 409).await;
    let verified = desk.post("/channels/meta-1/verify-code", json!({ "code": "123-456" })).await;
    assert_eq!(verified.status.as_u16(), 200, "{}", verified.body);
    let again = desk.refused("/channels/meta-1/request-code", json!({}), 409).await;
    assert!(again.contains("136024") && again.contains("verified already"), "{again}");

    let registered = desk.post("/channels/meta-1/register", json!({ "pin": "000000" })).await;
    assert_eq!(registered.json()["status"], "running", "{}", registered.body);
    assert_eq!(registered.json()["provider_status"], "CONNECTED");
    assert_eq!(desk.history().await, "status pending running operator test");
    insta::assert_snapshot!("number_journal", desk.journal().await);
    insta::assert_snapshot!("number_audit", desk.audit("meta-1").await);
    let hints = "SELECT subject_key FROM trunkline.resync_requests";
    assert_eq!(desk.field.text(hints).await, "", "it has been read");
}

#[tokio::test]
async fn a_registration_is_not_wasted_and_a_wrong_pin_is_told_as_such() {
    let desk = Desk::new().await;
    let path = "/channels/meta-1/register";
    let twice = desk.refused(path, json!({ "pin": "000000" }), 409).await;
    assert!(twice.contains("registered already"), "{twice}");
    assert_eq!(desk.sent("POST", "/register"), 0);
    let again = json!({ "pin": "000000", "again": true });
    assert_eq!(desk.post(path, again).await.status.as_u16(), 200);
    let wrong = desk.refused(path, json!({ "pin": "543210", "again": true }), 409).await;
    insta::assert_snapshot!("wrong_pin", wrong);

    desk.number(|fields| {
        fields.insert("is_on_biz_app".to_owned(), true.into());
    });
    for path in ["/channels/meta-1/register", "/channels/meta-1/deregister"] {
        let refused = desk.refused(path, json!({ "pin": "000000", "again": true }), 409).await;
        assert!(refused.contains("WhatsApp Business app"), "{refused}");
    }
    assert_eq!(desk.sent("POST", "/deregister"), 0);
}

#[tokio::test]
async fn a_number_that_is_deregistered_can_send_no_more() {
    let desk = Desk::new().await;
    let gone = desk.post("/channels/meta-1/deregister", json!({})).await;
    assert_eq!(gone.json()["status"], "disconnected", "{}", gone.body);
    assert_eq!(desk.history().await, "status pending disconnected operator test");
}

#[tokio::test]
async fn ten_registrations_in_three_days_are_all_and_whoever_reads_the_number_is_not_kept_waiting()
{
    let desk = Desk::new().await;
    for turn in 0..10 {
        let answer = match turn % 2 {
            0 => desk.post("/channels/meta-1/deregister", json!({})).await,
            _ => desk.post("/channels/meta-1/register", json!({ "pin": "000000" })).await,
        };
        assert_eq!(answer.status.as_u16(), 200, "{turn}: {}", answer.body);
    }
    let eleventh = desk.post("/channels/meta-1/deregister", json!({})).await;
    assert_eq!(eleventh.status.as_u16(), 429, "{}", eleventh.body);
    assert_eq!(desk.sent("POST", "/deregister"), 5, "our own budget knows that there is none left");
    assert!(desk.journal().await.ends_with("failed"));

    // Somebody else has used them up: Meta says so, for 72 hours, of registrations alone.
    desk.field.service.client.batch_execute("DELETE FROM trunkline.rate_budgets").await.unwrap();
    let refused = desk.post("/channels/meta-1/deregister", json!({})).await;
    assert_eq!(refused.status.as_u16(), 429, "{}", refused.body);
    assert!(refused.json()["detail"].as_str().unwrap().contains("133016"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert!((71 * 3600..=72 * 3600 + 1).contains(&wait), "{wait}");
    let other =
        desk.refused("/channels/meta-1/verify-code", json!({ "code": "123456" }), 409).await;
    assert!(other.contains("136025"), "{other}");
}

#[tokio::test]
async fn a_registration_without_an_answer_is_read_from_the_number_and_the_channel_follows() {
    for (kind, state, status) in [
        (FaultKind::DoneButReset, "done", "verified"),
        (super::done_then_500(), "done", "verified"),
        (FaultKind::Reset, "failed", "pending"),
    ] {
        let desk = Desk::new().await;
        desk.number(|fields| {
            fields.insert("status".to_owned(), "DISCONNECTED".into());
            fields.insert("platform_type".to_owned(), "NOT_APPLICABLE".into());
        });
        let (path, times) = ("/meta/*/*/register".to_owned(), Some(1));
        desk.field.simulator.fault(Fault { method: None, path, times, kind });
        let pin = json!({ "pin": "000000" });
        desk.refused("/channels/meta-1/register", pin.clone(), 503).await;
        desk.refused("/channels/meta-1/register", pin, 409).await;
        assert_eq!(desk.sent("POST", "/register"), 1);
        desk.wait();
        let resolved = desk.post("/provider-calls/1/resolve", json!({})).await;
        assert_eq!(resolved.json()["state"], state, "{}", resolved.body);
        desk.field.after(1).await;
        let known = "SELECT status FROM meta_whatsapp_phone_numbers WHERE id = 1";
        assert_eq!(desk.field.text(known).await, status);
    }
}

#[tokio::test]
async fn what_is_not_a_pin_a_code_or_a_way_is_refused_before_anything_is_sent() {
    let desk = Desk::new().await;
    desk.field.simulator.forget_requests();
    for (path, body, field) in [
        ("register", json!({ "pin": "12345" }), "pin"),
        ("register", json!({ "pin": "12345a" }), "pin"),
        ("verify-code", json!({ "code": "" }), "code"),
        ("verify-code", json!({ "code": "12345678901" }), "code"),
        ("request-code", json!({ "method": "pigeon" }), "method"),
        ("request-code", json!({ "language": "English" }), "language"),
    ] {
        let answer = desk.post(&format!("/channels/meta-1/{path}"), body).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.body);
        assert_eq!(answer.json()["errors"][0]["field"], field);
    }
    for (path, body) in [
        ("360dialog-1/register", json!({ "pin": "000000" })),
        ("360dialog-1/request-code", json!({})),
        ("360dialog-1/verify-code", json!({ "code": "123456" })),
        ("twilio-1/request-code", json!({})),
        ("twilio-1/deregister", json!({})),
    ] {
        desk.refused(&format!("/channels/{path}"), body, 409).await;
    }
    assert_eq!(desk.field.simulator.requests().len(), 0);
    assert_eq!(desk.journal().await, "");
}
