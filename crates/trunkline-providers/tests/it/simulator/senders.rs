//! Twilio: senders from their creation to online, messages, both shapes of errors.

use jiff::SignedDuration;
use serde_json::{Value, json};
use trunkline_core::secrets::Secret;
use trunkline_providers::{
    http::Method,
    simulator::{Sample, Simulator},
    twilio::{
        Algorithm, SETTINGS_HEADER, SIGNATURE_HEADER, SignedRequest, is_signed_by, shared_key,
    },
};

use super::{control, receiver, send, start, twilio, webhooks};

const SENDERS: &str = "/v2/Channels/Senders";

async fn status(simulator: &Simulator, sid: &str) -> Value {
    send(twilio(simulator, Method::GET, &format!("{SENDERS}/{sid}"))).await.json["status"].clone()
}

/// Advances, and waits until the sender is so.
async fn becomes(simulator: &Simulator, sid: &str, seconds: i64, expected: &str) {
    simulator.advance(SignedDuration::from_secs(seconds));
    for _ in 0..500 {
        if status(simulator, sid).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} instead of {expected}", status(simulator, sid).await);
}

#[tokio::test]
async fn a_sender_waits_for_its_code_and_goes_online_after_a_review() {
    let simulator = start().await;
    let body = json!({"sender_id": "whatsapp:+15017122661", "configuration": {"waba_id": "12345678912345"},
        "profile": {"name": "Example"}});
    let made = send(twilio(&simulator, Method::POST, SENDERS).json(&body)).await;
    assert_eq!((made.status, &made.json["status"]), (202, &json!("CREATING")));
    let sid = made.json["sid"].as_str().unwrap().to_owned();
    let path = format!("{SENDERS}/{sid}");
    becomes(&simulator, &sid, 3, "PENDING_VERIFICATION").await;
    let code = |code: &str| json!({"configuration": {"verification_code": code}});
    let wrong = send(twilio(&simulator, Method::POST, &path).json(&code("000000"))).await;
    assert_eq!((wrong.status, &wrong.json["status"]), (400, &json!(400)));
    control(&simulator, &format!("/twilio/senders/{sid}"), &json!({"is_reviewed": true})).await;
    let right = send(twilio(&simulator, Method::POST, &path).json(&code("123456"))).await;
    assert_eq!((right.status, &right.json["status"]), (202, &json!("VERIFYING")));
    assert_eq!(right.json["profile"], Value::Null, "what was not updated comes as null");
    becomes(&simulator, &sid, 3, "TWILIO_REVIEW").await;
    becomes(&simulator, &sid, 60, "ONLINE").await;
    let online = send(twilio(&simulator, Method::GET, &path)).await.json;
    assert_eq!(online["properties"]["messaging_limit"], "250 Customers/24hr");
    assert_eq!(send(twilio(&simulator, Method::DELETE, &path)).await.status, 204);
    assert_eq!(send(twilio(&simulator, Method::GET, &path)).await.json["code"], 20404);
}

#[tokio::test]
async fn errors_come_in_either_shape() {
    let simulator = start().await;
    let path = format!("{SENDERS}/XE00");
    let classic = send(twilio(&simulator, Method::GET, &path)).await;
    assert_eq!(classic.json["more_info"], "https://www.twilio.com/docs/api/errors/20404");
    simulator.change(|world| world.twilio.problem_details = true);
    let newer = send(twilio(&simulator, Method::GET, &path)).await;
    assert_eq!(newer.header("content-type"), "application/problem+json");
    assert_eq!((&newer.json["code"], &newer.json["status"]), (&json!(20404), &json!(404)));
}

#[tokio::test]
async fn a_subaccount_is_made_and_has_credentials_of_its_own() {
    let simulator = start().await;
    let path = "/2010-04-01/Accounts.json";
    let made =
        send(twilio(&simulator, Method::POST, path).form(&[("FriendlyName", "Customer A")])).await;
    assert_eq!((made.status, &made.json["friendly_name"]), (201, &json!("Customer A")));
    assert_eq!(made.json["owner_account_sid"], Sample::TWILIO_ACCOUNT);
    let (sid, token) =
        (made.json["sid"].as_str().unwrap(), made.json["auth_token"].as_str().unwrap());
    let url = format!("{}/2010-04-01/Accounts/{sid}.json", simulator.twilio_url());
    let own = trunkline_providers::call!("test.twilio", Method::GET, url.parse().unwrap());
    assert_eq!(send(own.basic(sid, &token.into())).await.json["status"], "active");
    let path = format!("/2010-04-01/Accounts/{sid}.json");
    let closed = send(twilio(&simulator, Method::POST, &path).form(&[("Status", "closed")])).await;
    assert_eq!(closed.json["status"], "closed");
}

#[tokio::test]
async fn a_message_s_statuses_are_called_back_and_kept() {
    let simulator = start().await;
    let receiver = receiver(|_| 204).await;
    let (account, sender) = simulator.read(|world| {
        let sender = world.twilio.senders.values().next().unwrap();
        (sender.account.clone(), sender.fields["sender_id"].as_str().unwrap().to_owned())
    });
    let path = format!("/2010-04-01/Accounts/{account}/Messages.json");
    let callback = receiver.url("/status").to_string() + "#rc=2&rp=all";
    let form = [
        ("From", &*sender),
        ("To", "whatsapp:+15551230000"),
        ("Body", "Hi"),
        ("StatusCallback", &*callback),
    ];
    let sent = send(twilio(&simulator, Method::POST, &path).form(&form)).await;
    assert_eq!((sent.status, &sent.json["status"]), (201, &json!("queued")));
    simulator.advance(SignedDuration::from_secs(10));
    let arrived = webhooks(&receiver, 4).await;
    assert!(arrived.iter().all(|request| request.header("x-twilio-signature").is_some()));
    assert!(arrived.iter().any(|request| request.body.contains("EventType=READ")));
    let path = format!(
        "/2010-04-01/Accounts/{account}/Messages/{}.json",
        sent.json["sid"].as_str().unwrap()
    );
    assert_eq!(send(twilio(&simulator, Method::GET, &path)).await.json["status"], "read");
    let strange =
        send(twilio(&simulator, Method::POST, &path.replace(".json", "")).form(&form)).await;
    assert_eq!(strange.json["code"], 20404);
}

/// Seeds a callback for the first sender; gives its SID, and that and the auth token of its account.
fn call_back(simulator: &Simulator, url: &str) -> [String; 3] {
    simulator.change(|world| {
        let (sid, sender) = world.twilio.senders.iter_mut().next().unwrap();
        sender.fields.insert("webhook".to_owned(), json!({ "callback_url": url }));
        let account = sender.account.clone();
        let token = world.twilio.accounts[&account].auth_token.clone();
        [sid.clone(), account, token]
    })
}

#[tokio::test]
async fn a_file_that_somebody_sends_is_described_fetched_and_deleted() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    let [sid, account, _] = call_back(&simulator, receiver.url("/hook").as_str());
    let picture = json!({"text": "Like this one", "media": {"mime_type": "image/png", "content": "aGVsbG8="}});
    let path = format!("/twilio/senders/{sid}/incoming");
    let message = control(&simulator, &path, &picture).await.json["sid"].clone();
    let form = webhooks(&receiver, 1).await.remove(0);
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(form.body.as_bytes());
        fields.find(|(found, _)| found == name).unwrap().1.into_owned()
    };
    assert_eq!(
        ["MessageSid", "MessageType", "NumMedia", "MediaContentType0", "Body"].map(field),
        [message.as_str().unwrap(), "image", "1", "image/png", "Like this one"]
    );

    // Whoever knows the address has the file, wherever it leads to.
    let get = async |url: &str| {
        send(trunkline_providers::call!("test.file", Method::GET, url.parse().unwrap())).await
    };
    let file = get(&field("MediaUrl0")).await;
    assert_eq!((file.header("content-type"), file.body()), ("image/png", b"hello".as_slice()));

    let messages = format!("/2010-04-01/Accounts/{account}/Messages");
    let path = format!("{messages}/{}/Media.json", message.as_str().unwrap());
    let listed = send(twilio(&simulator, Method::GET, &path)).await.json["media_list"].clone();
    let uri = listed[0]["uri"].as_str().unwrap();
    assert_eq!(listed[0]["parent_sid"], message);
    assert_eq!(send(twilio(&simulator, Method::GET, uri)).await.json, listed[0]);
    assert_eq!(send(twilio(&simulator, Method::DELETE, uri)).await.status, 204);
    assert_eq!(send(twilio(&simulator, Method::GET, uri)).await.json["code"], 20404);
    assert_eq!(get(&field("MediaUrl0")).await.status, 404);
    let nobody = send(twilio(&simulator, Method::GET, &format!("{messages}/SM1/Media.json"))).await;
    assert_eq!(nobody.status, 404);

    let wrong = json!({"media": {"mime_type": "image/png", "content": "?"}});
    let refused = control(&simulator, "/meta/numbers/103000000000001/incoming", &wrong).await;
    assert_eq!(refused.json["error"], "media.content is no base64");
    control(&simulator, "/meta/numbers/103000000000001/incoming", &picture).await;
    let held = simulator.read(|world| world.media.values().next().unwrap().clone());
    assert_eq!((held.owner.as_str(), held.content.as_str()), ("103000000000001", "aGVsbG8="));
}

#[tokio::test]
async fn a_shared_key_signs_instead_of_the_auth_token() {
    let simulator = start().await;
    let receiver = receiver(|_| 200).await;
    let url = receiver.url("/hook").to_string();
    let [sid, account, token] = call_back(&simulator, &url);
    let account = format!("/twilio/accounts/{account}");
    let key =
        json!({"shared_key": {"sid": "WK1", "secret": "of-the-key", "algorithm": "HMAC_SHA256"}});
    for change in [key, json!({"status": "active"}), json!({"shared_key": null})] {
        assert_eq!(control(&simulator, &account, &change).await.status, 200);
        control(&simulator, &format!("/twilio/senders/{sid}/incoming"), &json!({})).await;
        tokio::task::yield_now().await;
    }
    let wrong = control(&simulator, &account, &json!({"shared_key": {"sid": "WK1"}})).await;
    assert_eq!(wrong.status, 400, "{}", wrong.json);

    let seen: Vec<_> = webhooks(&receiver, 3)
        .await
        .iter()
        .map(|request| {
            let settings = request.header(SETTINGS_HEADER).map(str::to_owned);
            let (secret, algorithm) = match settings.as_deref().and_then(shared_key) {
                Some((_, algorithm)) => ("of-the-key", algorithm),
                None => (token.as_str(), Algorithm::Sha1),
            };
            let signed = SignedRequest { url: &url, body: request.body.as_bytes() };
            let signature = request.header(SIGNATURE_HEADER).unwrap();
            assert!(
                is_signed_by(&Secret::new(secret.to_owned()), algorithm, &signed, signature),
                "{request:?}"
            );
            settings
        })
        .collect();
    let by_key = seen.iter().flatten().collect::<Vec<_>>();
    assert_eq!(by_key, ["key=WK1,algorithm=HMAC_SHA256"; 2]);
}
