use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::{ACCOUNTS, add, dialog360, meta, patch, twilio};
use crate::support::Service;

/// Keeps the log.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Every row of every table, as text.
async fn dump(service: &Service) -> String {
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname IN ('public', 'trunkline')";
    let mut all = String::new();
    for table in service.client.query(tables, &[]).await.unwrap() {
        let query = format!("SELECT t::TEXT FROM {} AS t", table.get::<_, String>(0));
        for row in service.client.query(&query, &[]).await.unwrap() {
            all.push_str(row.get(0));
        }
    }
    all
}

/// The secrets among the fields of a body.
fn secrets_of(body: &Value) -> Vec<String> {
    let is_secret =
        |name: &str| ["secret", "token", "api_key"].iter().any(|end| name.ends_with(end));
    let fields = body.as_object().unwrap().iter();
    fields
        .filter(|(name, _)| is_secret(name))
        .map(|(_, text)| text.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn no_secret_of_any_request_is_seen_again() {
    let kept = Kept::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(
        subscriber.with_writer(kept.clone()).finish(),
    );
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let cookie = service.sign_in("owner").await;
    let mut secrets = Vec::new();
    let mut seen = String::new();
    for (number, body) in [meta(), dialog360(), twilio()].iter().enumerate() {
        secrets.extend(secrets_of(body));
        let mut wrong = body.clone();
        wrong["label"] = json!(7);
        let added = add(&service, &key, body).await;
        let path = added.header("location").to_owned();
        let mut answers = vec![
            service.call("POST", ACCOUNTS, &key, &wrong).await,
            service.call("POST", ACCOUNTS, &key, body).await,
            patch(&service, &key, &path, "*", &json!({ "label": "x" })).await,
            service.get(&path, &key).await,
            service.get(ACCOUNTS, &key).await,
            service.page(&format!("/admin/partner-accounts/{}", number + 1), &cookie).await,
            service.page(&format!("/admin/partner-accounts/{}/edit", number + 1), &cookie).await,
        ];
        for name in added.json()["secrets"].as_object().unwrap().keys() {
            for value in [
                json!({ "value": format!("replaced-{name}-secret-value") }),
                json!({ "value": format!("replaced-{name} secret\u{1}value") }),
                json!({ "value": { "inner": format!("replaced-{name}-secret-value") } }),
                json!(format!("replaced-{name}-secret-value")),
            ] {
                let path = format!("{path}/secrets/{name}");
                answers.push(service.call("PUT", &path, &key, &value).await);
            }
            secrets.push(format!("replaced-{name}"));
        }
        answers.push(service.call("DELETE", &path, &key, &json!(null)).await);
        answers.push(added);
        for answer in answers {
            let headers = format!("{:?}", answer.headers);
            seen.extend([headers.as_str(), &answer.body]);
        }
    }
    let logged = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let stored = dump(&service).await;
    assert!(secrets.len() > 10 && logged.contains("/secrets/{name}") && stored.contains("tlk_"));
    for secret in &secrets {
        for (place, text) in [("an answer", &seen), ("the log", &logged), ("the database", &stored)]
        {
            assert!(!text.contains(secret.as_str()), "{secret} stands in {place}");
        }
    }
}

#[tokio::test]
async fn a_secret_is_replaced_by_itself() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let path = added.header("location");
    let put = async |name: &str, body: Value| {
        service.call("PUT", &format!("{path}/secrets/{name}"), &key, &body).await
    };
    let answer = put("app_secret", json!({ "value": "another-app-secret-9999" })).await;
    let (before, after) = (added.json(), answer.json());
    assert_eq!(after["secrets"]["app_secret"]["last_four"], "9999");
    assert_ne!(after["secrets"]["app_secret"], before["secrets"]["app_secret"]);
    assert_eq!(after["secrets"]["system_user_token"], before["secrets"]["system_user_token"]);
    for (name, body, status, field) in [
        ("app_secret", json!({ "value": "short" }), 422, "app_secret"),
        ("app_secret", json!({ "value": null }), 422, "value"),
        ("app_secret", json!({}), 422, "value"),
        ("app_secret", json!({ "value": "long-enough-secret", "more": 1 }), 422, "value"),
        ("app_id", json!({ "value": "long-enough-secret" }), 404, ""),
        ("auth_token", json!({ "value": "long-enough-secret" }), 404, ""),
    ] {
        let answer = put(name, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{name} {body}: {}", answer.body);
        assert_eq!(super::fields(&answer).first().map_or("", String::as_str), field);
    }
}

#[tokio::test]
async fn a_secret_of_a_key_that_is_gone_is_said_to_be_unreadable() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &meta()).await;
    let query = "UPDATE public.partner_configurations
        SET partner_secret = 'tlk1.00000000.AAAA', access_token = 'plain text of an old install'";
    service.client.execute(query, &[]).await.unwrap();
    let read = service.get(added.header("location"), &key).await;
    assert_eq!(read.status.as_u16(), 200);
    assert!(!read.body.contains("old install"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&read.json()["secrets"]).unwrap());
}
