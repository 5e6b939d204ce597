//! The handshake by which Meta verifies a callback URL.

use reqwest::{Method, Url};

use crate::{call, http::Http};

/// Any number does; a real one is as long.
const CHALLENGE: &str = "1158201444";

/// Asks a callback URL to repeat a challenge; the error says what it did instead.
pub(crate) async fn handshake(http: &Http, url: &str, token: &str) -> Result<(), String> {
    let url: Url = url.parse().map_err(|_| "the URL cannot be read".to_owned())?;
    let call = call!("simulator.meta.handshake", Method::GET, url)
        .query("hub.mode", "subscribe")
        .query("hub.challenge", CHALLENGE)
        .query("hub.verify_token", token);
    let answer = http.send(call).await.map_err(|unanswered| unanswered.words)?;
    match answer.status() {
        200 if answer.body() == CHALLENGE.as_bytes() => Ok(()),
        200 => Err("the challenge was not repeated".to_owned()),
        status => Err(format!("HTTP status code {status}")),
    }
}
