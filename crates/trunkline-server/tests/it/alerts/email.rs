use std::sync::Arc;

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls};
use trunkline_core::configuration::MailSecurity;
use trunkline_server::deliver_alerts_once;

use super::peers::SmtpPeer;
use super::{deliveries, open};
use crate::support::Service;

async fn with_mail(port: u16, security: MailSecurity) -> Service {
    let mut service = Service::new().await;
    service.settings(|settings| {
        "https://partners.example.com".clone_into(&mut settings.public_url);
        settings.mail.host = Some("127.0.0.1".to_owned());
        settings.mail.port = port;
        settings.mail.security = security;
        settings.mail.from = Some("Trunkline <alerts@example.com>".to_owned());
    });
    let key = service.api_key("admin", None).await;
    let body = json!({ "name": "On call", "kind": "email",
        "addresses": ["first@example.com", "second@example.com", "first@example.com "] });
    let answer = service.call("POST", "/api/v1/alert-destinations", &key, &body).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    service
}

#[tokio::test]
async fn every_address_gets_a_message_of_its_own_and_one_that_is_refused_holds_up_none() {
    let peer = SmtpPeer::start(["550 5.1.1 no such mailbox", "250 ok", "451 later"]).await;
    let service = with_mail(peer.port, MailSecurity::None).await;
    open(&service).await;
    deliver_alerts_once(&service.state).await;
    assert_eq!(
        deliveries(&service).await,
        "1 first@example.com opened waiting 1 550 127.0.0.1:PORT: permanent error (550): 5.1.1 no such mailbox; \
         1 second@example.com opened delivered 1 250"
            .replace("PORT", &peer.port.to_string())
    );
    assert_snapshot!(peer.seen().join("\n----\n"));
    for _ in 0..2 {
        service.clock.advance(SignedDuration::from_secs(70));
        deliver_alerts_once(&service.state).await;
    }
    let told = deliveries(&service).await;
    assert!(told.starts_with("1 first@example.com opened delivered 3 250"), "{told}");
    assert_eq!(peer.seen().len(), 2);
}

#[tokio::test]
async fn a_test_says_what_is_wrong_with_the_mail_server() {
    let peer = SmtpPeer::start([]).await;
    let service = with_mail(peer.port, MailSecurity::Starttls).await;
    let key = service.api_key("admin", None).await;
    let test = async |service: &Service| {
        let path = "/api/v1/alert-destinations/1/test";
        let answer = service.call("POST", path, &key, &json!({})).await;
        let answer = answer.json();
        answer["tests"][0]["error"].as_str().unwrap_or_default().to_owned()
    };
    let error = test(&service).await;
    assert!(error.contains("STARTTLS"), "{error}");
    let mut service = service;
    service.settings(|settings| settings.mail.port = 9);
    let error = test(&service).await;
    assert!(error.contains("127.0.0.1:9") && error.contains("refused"), "{error}");
    service.settings(|settings| settings.mail.host = None);
    let error = test(&service).await;
    assert_eq!(
        error,
        "no SMTP server is configured: set mail.host and mail.from in trunkline.toml"
    );
    service.settings(|settings| {
        settings.mail.host = Some("127.0.0.1".to_owned());
        settings.mail.port = peer.port;
        settings.mail.security = MailSecurity::None;
    });
    assert_eq!(test(&service).await, "");
    assert_eq!(peer.seen().len(), 2, "one to each address");
}

/// A server whose certificate nobody vouches for.
async fn with_certificate_of_its_own() -> u16 {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![key.cert.der().clone()],
            key.signing_key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(configuration));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The other side breaks off.
            let _ = acceptor.accept(stream).await;
        }
    });
    port
}

#[tokio::test]
async fn a_mail_server_that_nobody_vouches_for_is_not_spoken_to() {
    let port = with_certificate_of_its_own().await;
    let mut service = with_mail(port, MailSecurity::Tls).await;
    service.settings(|settings| settings.mail.host = Some("localhost".to_owned()));
    open(&service).await;
    deliver_alerts_once(&service.state).await;
    let told = deliveries(&service).await;
    assert!(told.contains("waiting 1 localhost:") && told.contains("certificate"), "{told}");
}
