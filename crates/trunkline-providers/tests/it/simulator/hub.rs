//! 360dialog's Partner API.

use trunkline_providers::{
    call,
    http::{HeaderName, Method, Url},
    simulator::Sample,
};

use super::{partner, send, start};

const CHANNEL: &str = "n00000CH";

#[tokio::test]
async fn lists_page_filter_and_sort() {
    let simulator = start().await;
    let page =
        partner(&simulator, Method::GET, "/channels").query("limit", "25").query("offset", "20");
    let page = send(page.query("sort", "-created_at")).await.json;
    assert_eq!((&page["count"], &page["total"]), (&10.into(), &30.into()));
    assert_eq!(page["partner_channels"][9]["id"], CHANNEL);
    let filters = r#"{"client_id":"c00003CL","account_mode":"live"}"#;
    let one =
        send(partner(&simulator, Method::GET, "/channels").query("filters", filters)).await.json;
    insta::assert_snapshot!(serde_json::to_string_pretty(&one).unwrap());
    let unknown = partner(&simulator, Method::GET, "/clients").query("filters", r#"{"colour":1}"#);
    let unknown = send(unknown).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.json["meta"]["developer_message"], "Wrong payload");
}

#[tokio::test]
async fn a_new_key_revokes_the_one_before_and_needs_permission() {
    let simulator = start().await;
    let path = format!("/channels/{CHANNEL}/api_keys");
    let first = send(partner(&simulator, Method::POST, &path)).await;
    let second = send(partner(&simulator, Method::POST, &path)).await;
    assert_eq!((first.status, second.status), (201, 201));
    let keys = simulator.read(|world| world.dialog360.channels[CHANNEL].keys.clone());
    assert_eq!(keys.len(), 1);
    assert_eq!(second.json["api_key"], keys[0].api_key.as_str());
    assert_ne!(first.json["api_key"], second.json["api_key"]);
    simulator.change(|world| world.dialog360.channels.get_mut(CHANNEL).unwrap().permitted = false);
    assert_eq!(send(partner(&simulator, Method::POST, &path)).await.status, 403);
}

#[tokio::test]
async fn keys_and_bearer_tokens_open_their_partner_alone() {
    let simulator = start().await;
    let base = simulator.dialog360_url();
    let url: Url = format!("{base}/partners/otherPA").parse().unwrap();
    let key = HeaderName::from_static("x-api-key");
    let other = call!("test.360dialog", Method::GET, url.clone());
    let other = send(other.secret_header(key.clone(), &Sample::DIALOG360_KEY.into())).await;
    assert_eq!(other.status, 403);
    let nobody = call!("test.360dialog", Method::GET, url).secret_header(key, &"nope".into());
    assert_eq!(send(nobody).await.status, 401);
    let token = call!("test.360dialog", Method::POST, format!("{base}/token").parse().unwrap());
    let token =
        token.query("username", "partner-user@example.com").query("password", "simulated-password");
    let token = send(token).await.json["access_token"].as_str().unwrap().to_owned();
    let url: Url = format!("{base}/partners/{}", Sample::DIALOG360_PARTNER).parse().unwrap();
    let read = call!("test.360dialog", Method::GET, url).bearer(&token.as_str().into());
    assert_eq!(send(read).await.json["brand_name"], "Sample partner");
}
