//! The floor of receiving webhooks: a bare axum server that verifies, groups, and copies into a plain table.
//!
//! `ingest_floor PORT DATABASE_URL SECRET`. It has no accounts, no duplicates, no queue, no limits: what is left is HTTP, an
//! HMAC, and one COPY and one commit for whatever came meanwhile.

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, NoTls};

struct Shared {
    secret: String,
    sender: mpsc::Sender<(Bytes, oneshot::Sender<bool>)>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, url, secret] = arguments.as_slice() else {
        eprintln!("usage: ingest_floor PORT DATABASE_URL SECRET");
        return ExitCode::from(2);
    };
    match serve(port, url, secret.clone()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(port: &str, url: &str, secret: String) -> Result<(), Box<dyn std::error::Error>> {
    let (sender, receiver) = mpsc::channel(4096);
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    tokio::spawn(gather(receiver, client));
    let router = Router::new()
        .route("/webhooks/{account}", post(receive))
        .with_state(Arc::new(Shared { secret, sender }));
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    let code = given.and_then(|given| given.strip_prefix("sha256=")).and_then(decode);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(shared.secret.as_bytes()) else {
        return StatusCode::INTERNAL_SERVER_ERROR;
    };
    mac.update(&body);
    if code.is_none_or(|code| mac.verify_slice(&code).is_err()) {
        return StatusCode::UNAUTHORIZED;
    }
    let (answer, answered) = oneshot::channel();
    if shared.sender.try_send((body, answer)).is_err() || answered.await != Ok(true) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

async fn gather(mut receiver: mpsc::Receiver<(Bytes, oneshot::Sender<bool>)>, mut client: Client) {
    let mut group = Vec::new();
    while receiver.recv_many(&mut group, 512).await > 0 {
        let stored = copy(&mut client, &group).await.is_ok();
        for (_, answer) in group.drain(..) {
            let _ = answer.send(stored);
        }
    }
}

async fn copy(client: &mut Client, group: &[(Bytes, oneshot::Sender<bool>)]) -> Result<(), Error> {
    let sink = client.copy_in("COPY plain_webhooks (body) FROM STDIN BINARY").await?;
    let mut writer = Box::pin(BinaryCopyInWriter::new(sink, &[Type::BYTEA]));
    for (body, _) in group {
        writer.as_mut().write(&[&body.as_ref()]).await?;
    }
    writer.as_mut().finish().await?;
    Ok(())
}
