//! The simulator, as its callers meet it.

mod callbacks;
mod checks;
mod contract;
mod control;
mod faults;
mod graph;
mod hub;
mod lifecycle;
mod onboarding;
mod registration;
mod senders;
mod signup;

use std::fmt::Write;

use serde_json::Value;
use trunkline_core::Clock;
use trunkline_providers::{
    call,
    http::{Call, Method, Url},
    simulator::{Sample, Simulator, World},
};

use crate::fake::{Answer, Fake, Request, http, noon};

/// Started with the sample, at noon, by a clock that stands.
pub(super) async fn start() -> Simulator {
    start_with(World::sample(&Sample { companies: 30 })).await
}

pub(super) async fn start_with(world: World) -> Simulator {
    let address = "127.0.0.1:0".parse().unwrap();
    Simulator::start_at(address, world, Clock::standing(noon())).await.unwrap()
}

/// What a call brought: status, a header, JSON.
pub(super) struct Brought {
    pub(super) status: u16,
    pub(super) json: Value,
    answer: trunkline_providers::http::Answer,
}

impl Brought {
    pub(super) fn header(&self, name: &str) -> &str {
        self.answer.header(name).unwrap_or_default()
    }

    pub(super) fn body(&self) -> &[u8] {
        self.answer.body()
    }

    /// The code of Meta's error, with its subcode.
    pub(super) fn meta_code(&self) -> (u64, Option<u64>) {
        let error = &self.json["error"];
        (error["code"].as_u64().unwrap_or_default(), error["error_subcode"].as_u64())
    }
}

pub(super) async fn send(call: Call) -> Brought {
    let answer = http().send(call).await.unwrap();
    let json = serde_json::from_slice(answer.body()).unwrap_or_default();
    Brought { status: answer.status(), json, answer }
}

/// A call of Meta's with the sample's system-user token.
pub(super) fn meta(simulator: &Simulator, method: Method, path: &str) -> Call {
    let url: Url = format!("{}/v25.0/{path}", simulator.meta_url()).parse().unwrap();
    call!("test.meta", method, url).bearer(&Sample::META_TOKEN.into())
}

/// A call of 360dialog's Partner API with the sample's key.
pub(super) fn partner(simulator: &Simulator, method: Method, path: &str) -> Call {
    let (base, partner) = (simulator.dialog360_url(), Sample::DIALOG360_PARTNER);
    let url: Url = format!("{base}/partners/{partner}{path}").parse().unwrap();
    let key = Sample::DIALOG360_KEY.into();
    call!("test.360dialog", method, url)
        .secret_header(trunkline_providers::http::HeaderName::from_static("x-api-key"), &key)
}

/// A call of Twilio's with the sample's auth token.
pub(super) fn twilio(simulator: &Simulator, method: Method, path: &str) -> Call {
    let url: Url = format!("{}{path}", simulator.twilio_url()).parse().unwrap();
    call!("test.twilio", method, url).basic(Sample::TWILIO_ACCOUNT, &Sample::TWILIO_TOKEN.into())
}

/// A control call.
pub(super) async fn control(simulator: &Simulator, path: &str, body: &Value) -> Brought {
    let url = simulator.url(&format!("/_control{path}"));
    send(call!("test.control", Method::POST, url).json(body)).await
}

/// Who receives webhooks: answers the handshake, and each webhook with what the test says.
pub(super) async fn receiver(status: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Fake {
    let count = std::sync::atomic::AtomicUsize::new(0);
    Fake::start(move |request| {
        if let Some(challenge) = request.query("hub.challenge") {
            let good = request.query("hub.verify_token").as_deref() == Some("verify");
            return Answer::Text(if good { 200 } else { 403 }, String::new(), challenge);
        }
        let before = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Answer::Text(status(before), String::new(), String::new())
    })
    .await
}

/// The webhooks that came, once there are so many.
pub(super) async fn webhooks(receiver: &Fake, expected: usize) -> Vec<Request> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let seen: Vec<_> =
            receiver.seen().into_iter().filter(|request| request.method == "POST").collect();
        if seen.len() >= expected {
            return seen;
        }
        assert!(tokio::time::Instant::now() < deadline, "{} of {expected} came", seen.len());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
