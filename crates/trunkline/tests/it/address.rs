//! Addresses that lead nowhere; no password is ever shown.

use std::path::Path;

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

async fn status(url: &str, format: &str) -> Outcome {
    let line = format!("--format {format} migrate status");
    let outcome = Run::new(Path::new("/tmp"), &line).env("DATABASE_URL", url).run().await;
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("secret"), "{outcome}");
    outcome
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_without_the_password() {
    let url = "postgres://app:secret@127.0.0.1:1/platform";
    assert_snapshot!("unreachable", status(url, "human").await.expect(1));
    let json = status(url, "json").await.expect(1);
    assert_eq!(json.json()["error"]["kind"], "unreachable");
    assert_snapshot!("unreachable_json", json);
    assert_snapshot!(
        "no_socket",
        status("postgres://app@%2Fnowhere/platform", "human").await.expect(1)
    );
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart_from_none() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // An SSLRequest, and the answer of a server that has no TLS.
        stream.read_exact(&mut [0; 8]).await.unwrap();
        stream.write_all(b"N").await.unwrap();
    });
    let url = format!("postgres://app@127.0.0.1:{port}/platform?sslmode=require");
    let run = Run::new(Path::new("/tmp"), "migrate status").env("DATABASE_URL", url);
    assert_snapshot!("without_tls", run.known(port, "[port]").run().await.expect(1));
}

#[tokio::test]
async fn an_address_that_is_none_ends_with_status_2() {
    assert_snapshot!("empty", status("", "human").await.expect(2));
    assert_snapshot!(
        "other_scheme",
        status("mysql://app:secret@db/platform", "human").await.expect(2)
    );
    assert_snapshot!(
        "bad_port",
        status("postgres://app:secret@db:x/platform", "human").await.expect(2)
    );
    let bad_mode = status("postgres://app:secret@db/platform?sslmode=sometimes", "human").await;
    assert_snapshot!("bad_mode", bad_mode.expect(2));
}

#[tokio::test]
async fn a_database_or_login_that_is_not_there_is_named() {
    let place = Place::empty().await;
    let url = place.database.url().replace(place.database.name(), "nowhere");
    let run =
        async |url: &str| place.command("migrate status").env("DATABASE_URL", url).run().await;
    assert_snapshot!("no_database", run(&url).await.expect(1));
    assert_snapshot!("no_login", run(&place.url_as("nobody_of_ours")).await.expect(1));
}
