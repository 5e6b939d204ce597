use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;
use trunkline_core::configuration::MailSecurity;
use trunkline_core::secrets::Secret;
use trunkline_server::deliver_alerts_once;

use super::peers::{Door, SmtpPeer, certificate};
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

#[tokio::test]
async fn a_mail_server_that_nobody_vouches_for_is_not_spoken_to() {
    let (acceptor, _) = certificate();
    let peer = SmtpPeer::start_behind(Door::Tls(acceptor), false, []).await;
    let mut service = with_mail(peer.port, MailSecurity::Tls).await;
    service.settings(|settings| settings.mail.host = Some("localhost".to_owned()));
    open(&service).await;
    deliver_alerts_once(&service.state).await;
    let told = deliveries(&service).await;
    assert!(told.contains("waiting 1 localhost:") && told.contains("certificate"), "{told}");
    assert!(peer.seen().is_empty());
}

#[tokio::test]
async fn a_mail_server_that_demands_tls_and_a_password_takes_the_message_of_who_has_both() {
    let (acceptor, pem) = certificate();
    let roots = std::env::temp_dir().join(format!("trunkline-roots-{}.pem", std::process::id()));
    std::fs::write(&roots, pem).unwrap();
    for (door, security) in [
        (Door::Tls(acceptor.clone()), MailSecurity::Tls),
        (Door::Starttls(acceptor.clone()), MailSecurity::Starttls),
    ] {
        let peer = SmtpPeer::start_behind(door, true, []).await;
        let mut service = with_mail(peer.port, security).await;
        service.settings(|settings| {
            settings.mail.host = Some("localhost".to_owned());
            settings.mail.ca_file = Some(roots.clone());
        });
        let key = service.api_key("admin", None).await;
        let test = async |service: &Service| {
            let path = "/api/v1/alert-destinations/1/test";
            let answer = service.call("POST", path, &key, &json!({})).await.json();
            answer["tests"][0]["error"].as_str().unwrap_or_default().to_owned()
        };
        let error = test(&service).await;
        assert!(error.contains("(530)") && error.contains("sign in first"), "{error}");
        for (password, expected) in [("wrong", "(535)"), ("password", "")] {
            service.settings(|settings| {
                settings.mail.user = Some("user".to_owned());
                settings.mail.password = Some(Secret::new(password.to_owned()));
            });
            let error = test(&service).await;
            assert!(error.contains(expected) && error.is_empty() == expected.is_empty(), "{error}");
            assert!(!error.contains("wrong"), "{error}");
        }
        assert_eq!(peer.seen().len(), 2, "one to each address");
        service.settings(|settings| settings.mail.ca_file = Some("/nowhere.pem".into()));
        assert!(test(&service).await.starts_with("mail.ca_file `/nowhere.pem` cannot be used"));
    }
    std::fs::remove_file(roots).unwrap();
}

#[tokio::test]
async fn without_tls_nothing_is_sent_to_a_mail_server_that_demands_it() {
    let (acceptor, _) = certificate();
    let peer = SmtpPeer::start_behind(Door::Starttls(acceptor), false, []).await;
    let service = with_mail(peer.port, MailSecurity::None).await;
    open(&service).await;
    deliver_alerts_once(&service.state).await;
    let told = deliveries(&service).await;
    assert!(told.contains("530") && told.contains("begin TLS first"), "{told}");
}
