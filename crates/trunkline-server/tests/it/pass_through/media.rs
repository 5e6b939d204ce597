//! Files, up and down, at the simulated providers.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use trunkline_core::Provider;
use trunkline_providers::simulator::{Sample, Simulator, World};

use super::{hold, key, path, send};
use crate::providers::account;
use crate::support::Service;

const CHANNELS: &str = "
    INSERT INTO dialog_360_clients (id, company_id, client_id) VALUES (1, 1, 'c00000CL'), (2, 2, 'c00001CL');
    INSERT INTO dialog_360_channels (id, client_id, channel_id) VALUES (1, 1, 'n00000CH'), (2, 2, 'n00001CH');
    INSERT INTO meta_whatsapp_clients (id, company_id, business_account_id)
    VALUES (1, 1, '102000000000001'), (2, 2, '102000000000002');
    INSERT INTO meta_whatsapp_phone_numbers (id, client_id, phone_number_id)
    VALUES (1, 1, '103000000000001'), (2, 2, '103000000000002');";

const FORM: &str = "multipart/form-data; boundary=x";

fn form(file: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
         {file}\r\n--x--\r\n"
    )
}

async fn world() -> (Service, Simulator) {
    let mut service = Service::new().await;
    let simulator = Simulator::start(World::sample(&Sample { companies: 3 })).await.unwrap();
    service.set(|settings| {
        settings.providers.dialog360_messaging_url = simulator.dialog360_messaging_url().into();
    });
    for (provider, fields) in Sample::ACCOUNTS {
        let base = match provider {
            "meta" => simulator.meta_url(),
            "360dialog" => simulator.dialog360_url(),
            _ => continue,
        };
        let mut body: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        body.insert("provider".to_owned(), provider.into());
        account(&service, base.as_str(), &body.into()).await;
    }
    service.client.batch_execute(CHANNELS).await.unwrap();
    simulator.change(|world| {
        let channel = world.dialog360.channels.get_mut("n00000CH").unwrap();
        channel.keys.push(trunkline_providers::simulator::dialog360::Key {
            id: "key".to_owned(),
            api_key: "channel-key".to_owned(),
        });
    });
    hold(&service, Provider::Dialog360, "channel-key").await;
    (service, simulator)
}

async fn file(service: &Service, key: &str, channel: &str, id: &str) -> (u16, String, Vec<u8>) {
    let request = Request::get(format!("/api/v1/channels/{channel}/media/{id}"))
        .header("authorization", format!("Bearer {key}"));
    let answer = service.open(request.body(Body::empty()).unwrap()).await;
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (status, kind, to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
}

#[tokio::test]
async fn a_file_that_a_number_uploads_is_described_fetched_and_deleted_by_that_number_alone() {
    let (service, simulator) = world().await;
    let key = key(&service, None, &["provider:send", "provider:read"]).await;
    for (channel, other, edge) in
        [("meta-1", Some("meta-2"), "number/media"), ("360dialog-1", None, "media")]
    {
        let line = ("POST", &*path(channel, edge));
        let uploaded = send(&service, &key, line, (FORM, &form("not quite a picture"))).await;
        assert_eq!(uploaded.status.as_u16(), 200, "{channel}: {}", uploaded.body);
        let id = uploaded.json()["id"].as_str().unwrap().to_owned();
        let described = service.get(&path(channel, &id), &key).await.json();
        assert_eq!(
            (&described["mime_type"], &described["file_size"]),
            (&"image/png".into(), &"19".into()),
            "{channel}"
        );
        let fetched = file(&service, &key, channel, &id).await;
        assert_eq!(fetched, (200, "image/png".to_owned(), b"not quite a picture".to_vec()));
        if let Some(other) = other {
            // The account's token reaches it, and the other number may not.
            assert_eq!(file(&service, &key, other, &id).await.0, 400);
            let line = ("DELETE", &*path(other, &id));
            assert_eq!(send(&service, &key, line, ("", "")).await.status.as_u16(), 400);
        }
        let line = ("DELETE", &*path(channel, &id));
        let deleted = send(&service, &key, line, ("", "")).await;
        assert_eq!(deleted.json()["success"], true, "{channel}: {}", deleted.body);
        assert_eq!(file(&service, &key, channel, &id).await.0, 400);
    }
    assert!(simulator.read(|world| world.media.is_empty()));
}

#[tokio::test]
async fn an_address_of_the_next_page_does_not_tell_the_token() {
    let (service, simulator) = world().await;
    simulator.change(|world| {
        let account = world.meta.accounts.get_mut("102000000000001").unwrap();
        let more = (0..3).map(|number| serde_json::json!({ "id": format!("90{number}"), "name": "greeting", "language": "en" }));
        account.templates = more.collect();
    });
    let key = key(&service, None, &["provider:read"]).await;
    let listed = service.get(&path("meta-1", "waba/message_templates?limit=1"), &key).await;
    assert_eq!(listed.status.as_u16(), 200, "{}", listed.body);
    let next = listed.json()["paging"]["next"].as_str().unwrap().to_owned();
    assert!(next.contains("access_token=***") && next.contains("after="), "{next}");
    assert!(!listed.body.contains(Sample::META_TOKEN), "{next}");
}
