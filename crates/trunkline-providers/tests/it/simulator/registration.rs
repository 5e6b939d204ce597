//! A number from its creation to its registration.

use jiff::SignedDuration;
use serde_json::{Value, json};
use trunkline_providers::{http::Method, simulator::Simulator};

use super::{Brought, meta, send, start};

const ACCOUNT: &str = "102000000000001";
const NUMBER: &str = "103000000000001";

async fn post(simulator: &Simulator, path: &str, body: &Value) -> Brought {
    send(meta(simulator, Method::POST, path).json(body)).await
}

fn register(pin: &str) -> Value {
    json!({"messaging_product": "whatsapp", "pin": pin})
}

#[tokio::test]
async fn a_number_is_made_verified_and_registered() {
    let simulator = start().await;
    let made = json!({"cc": "1", "phone_number": "6315551000", "verified_name": "Lucky Shrub"});
    let path = format!("{ACCOUNT}/phone_numbers");
    let id = post(&simulator, &path, &made).await.json["id"].as_str().unwrap().to_owned();
    assert_eq!(post(&simulator, &path, &made).await.meta_code(), (100, Some(2_388_012)));

    let path = |edge: &str| format!("{id}/{edge}");
    let early = post(&simulator, &path("register"), &register("012345")).await;
    assert_eq!(early.meta_code(), (133_006, None));
    let ask = json!({"code_method": "SMS", "language": "en_US"});
    assert_eq!(post(&simulator, &path("request_code"), &ask).await.status, 200);
    let wrong = post(&simulator, &path("verify_code"), &json!({"code": "000000"})).await;
    assert_eq!(wrong.meta_code(), (136_025, Some(2_388_093)));
    assert_eq!(
        post(&simulator, &path("verify_code"), &json!({"code": "123456"})).await.status,
        200
    );
    let again = post(&simulator, &path("request_code"), &ask).await;
    assert_eq!(again.meta_code(), (136_024, Some(2_388_091)));

    assert_eq!(
        post(&simulator, &path("register"), &register("12345")).await.meta_code(),
        (100, None)
    );
    assert_eq!(post(&simulator, &path("register"), &register("012345")).await.status, 200);
    let fields = "status,platform_type,throughput,is_pin_enabled,code_verification_status";
    let number = send(meta(&simulator, Method::GET, &id).query("fields", fields)).await.json;
    assert_eq!(
        number,
        json!({"status": "CONNECTED", "platform_type": "CLOUD_API", "throughput": {"level": "STANDARD"},
            "is_pin_enabled": true, "code_verification_status": "VERIFIED", "id": id})
    );
    assert_eq!(post(&simulator, &path("deregister"), &json!({})).await.status, 200);
    let number =
        send(meta(&simulator, Method::GET, &id).query("fields", "platform_type")).await.json;
    assert_eq!(number["platform_type"], "NOT_APPLICABLE");
}

#[tokio::test]
async fn a_wrong_pin_is_named_then_no_pin_is_looked_at() {
    let simulator = start().await;
    let path = format!("{NUMBER}/register");
    for _ in 0..3 {
        assert_eq!(post(&simulator, &path, &register("999999")).await.meta_code(), (133_005, None));
    }
    assert_eq!(post(&simulator, &path, &register("000000")).await.meta_code(), (133_008, None));
    let pin = json!({"pin": "222222"});
    assert_eq!(post(&simulator, NUMBER, &pin).await.status, 200);
    assert_eq!(post(&simulator, &path, &register("222222")).await.status, 200);
}

#[tokio::test]
async fn ten_registrations_in_three_days_are_all_there_are() {
    let simulator = start().await;
    let path = format!("{NUMBER}/register");
    for _ in 0..10 {
        assert_eq!(post(&simulator, &path, &register("000000")).await.status, 200);
    }
    assert_eq!(post(&simulator, &path, &register("000000")).await.meta_code(), (133_016, None));
    simulator.advance(SignedDuration::from_hours(72));
    assert_eq!(post(&simulator, &path, &register("000000")).await.status, 200);
}

#[tokio::test]
async fn a_number_in_the_business_app_is_not_registered_and_synchronises_once() {
    let simulator = start().await;
    simulator.change(|world| {
        let number = world.meta.numbers.get_mut(NUMBER).unwrap();
        number.fields.insert("is_on_biz_app".into(), true.into());
    });
    let path = |edge: &str| format!("{NUMBER}/{edge}");
    assert_eq!(
        post(&simulator, &path("register"), &register("000000")).await.meta_code(),
        (100, None)
    );
    let refused = post(&simulator, &path("deregister"), &json!({})).await;
    assert!(refused.json["error"]["message"].as_str().unwrap().contains("SMB businesses"));
    let history = json!({"messaging_product": "whatsapp", "sync_type": "history"});
    assert!(post(&simulator, &path("smb_app_data"), &history).await.json["request_id"].is_string());
    assert_eq!(post(&simulator, &path("smb_app_data"), &history).await.meta_code(), (4, None));
}
