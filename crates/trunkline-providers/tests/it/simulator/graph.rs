//! Meta's Graph API: tokens, nodes, fields, lists.

use jiff::SignedDuration;
use serde_json::Value;
use trunkline_providers::{
    call,
    http::{Method, Url},
    meta::appsecret_proof,
    simulator::{
        Sample, Simulator,
        meta::{Code, Token, TokenKind},
    },
};

use super::{meta, send, start};

const ACCOUNT: &str = "102000000000001";
const OTHER: &str = "102000000000002";
const NUMBER: &str = "103000000000001";

#[tokio::test]
async fn a_list_is_read_to_its_end_by_cursors() {
    let simulator = start().await;
    let path = format!("{}/client_whatsapp_business_accounts", Sample::META_BUSINESS);
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut call = meta(&simulator, Method::GET, &path).query("limit", "12");
        if let Some(after) = &after {
            call = call.query("after", after);
        }
        let page = send(call).await.json;
        found.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["id"].clone()));
        let Some(next) = page["paging"]["next"].as_str() else { break };
        assert!(
            next.contains(Sample::META_TOKEN),
            "the next page's address holds the token: {next}"
        );
        after = Some(page["paging"]["cursors"]["after"].as_str().unwrap().to_owned());
    }
    assert_eq!(found.len(), 30);
    found.sort_by_key(Value::to_string);
    found.dedup();
    assert_eq!(found.len(), 30);
}

#[tokio::test]
async fn a_node_shows_the_fields_that_are_asked_for() {
    let simulator = start().await;
    let usual = send(meta(&simulator, Method::GET, ACCOUNT)).await;
    let names: Vec<&String> = usual.json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["name", "currency", "timezone_id", "message_template_namespace", "id"]);
    assert_eq!(usual.header("facebook-api-version"), "v25.0");

    let fields = "account_review_status,whatsapp_business_manager_messaging_limit,phone_numbers{status,quality_rating}";
    let wanted = send(meta(&simulator, Method::GET, ACCOUNT).query("fields", fields)).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&wanted.json).unwrap());

    let unknown = send(meta(&simulator, Method::GET, NUMBER).query("fields", "id,colour")).await;
    assert_eq!((unknown.status, unknown.meta_code()), (400, (100, None)));
    assert!(unknown.json["error"]["message"].as_str().unwrap().contains("(colour)"));
}

#[tokio::test]
async fn what_is_hidden_and_what_is_not_there_look_alike() {
    let simulator = start().await;
    simulator.change(|world| world.meta.accounts.get_mut(OTHER).unwrap().shared_with.clear());
    let hidden = send(meta(&simulator, Method::GET, OTHER)).await;
    let nothing = send(meta(&simulator, Method::GET, "999")).await;
    assert_eq!(hidden.meta_code(), (100, Some(33)));
    let words =
        |brought: &super::Brought| brought.json["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(words(&hidden).replace(OTHER, "999"), words(&nothing));
}

#[tokio::test]
async fn tokens_end_are_revoked_and_proved() {
    let simulator = start().await;
    let url: Url = format!("{}/v25.0/{ACCOUNT}", simulator.meta_url()).parse().unwrap();
    let nobody = send(call!("test.meta", Method::GET, url.clone())).await;
    assert_eq!(nobody.meta_code(), (2500, None));
    let unknown = send(call!("test.meta", Method::GET, url).bearer(&"EAANOPE".into())).await;
    assert_eq!((unknown.status, unknown.meta_code()), (401, (190, None)));

    let end = simulator.clock().now() + SignedDuration::from_secs(10);
    change_token(&simulator, |token| token.expires_at = Some(end));
    assert_eq!(send(meta(&simulator, Method::GET, ACCOUNT)).await.status, 200);
    simulator.clock().advance(SignedDuration::from_secs(10));
    simulator.change(|world| world.meta.bad_token_is_400 = true);
    let expired = send(meta(&simulator, Method::GET, ACCOUNT)).await;
    assert_eq!((expired.status, expired.meta_code()), (400, (190, Some(463))));
    change_token(&simulator, |token| token.expires_at = None);
    change_token(&simulator, |token| token.revoked = Some(460));
    assert_eq!(send(meta(&simulator, Method::GET, ACCOUNT)).await.meta_code(), (190, Some(460)));
    simulator.reset();

    simulator
        .change(|world| world.meta.apps.get_mut(Sample::META_APP).unwrap().requires_proof = true);
    assert_eq!(send(meta(&simulator, Method::GET, ACCOUNT)).await.meta_code(), (100, None));
    let proof = appsecret_proof(&Sample::META_SECRET.into(), &Sample::META_TOKEN.into());
    let proved = meta(&simulator, Method::GET, ACCOUNT).secret_query("appsecret_proof", &proof);
    assert_eq!(send(proved).await.status, 200);
    let wrong = meta(&simulator, Method::GET, ACCOUNT).query("appsecret_proof", "00");
    assert_eq!(send(wrong).await.meta_code(), (100, None));
}

fn change_token(simulator: &Simulator, change: impl FnOnce(&mut Token)) {
    simulator.change(|world| change(world.meta.tokens.get_mut(Sample::META_TOKEN).unwrap()));
}

#[tokio::test]
async fn a_code_is_good_once_and_for_thirty_seconds() {
    let simulator = start().await;
    let token = Token {
        kind: TokenKind::Business,
        app: Sample::META_APP.into(),
        scopes: vec!["whatsapp_business_management".into()],
        accounts: vec![ACCOUNT.into()],
        ..Token::default()
    };
    let expires_at = simulator.clock().now() + SignedDuration::from_secs(30);
    let code = Code { token, token_seconds: Some(5_183_944), expires_at, used: false };
    simulator.change(|world| {
        for name in ["first", "second"] {
            world.meta.codes.insert(name.into(), code.clone());
        }
    });
    let exchange = async |code: &str, secret: &str| {
        let url = format!("{}/v25.0/oauth/access_token", simulator.meta_url()).parse().unwrap();
        let call = call!("test.meta", Method::GET, url).query("client_id", Sample::META_APP);
        send(call.query("client_secret", secret).query("code", code)).await
    };
    assert_eq!(exchange("first", "wrong").await.meta_code(), (1, None));
    let given = exchange("first", Sample::META_SECRET).await;
    assert_eq!(given.json["expires_in"], 5_183_944);
    assert_eq!(exchange("first", Sample::META_SECRET).await.meta_code(), (100, Some(36_009)));
    simulator.clock().advance(SignedDuration::from_secs(30));
    assert_eq!(exchange("second", Sample::META_SECRET).await.meta_code(), (100, Some(36_007)));

    let token = given.json["access_token"].as_str().unwrap();
    let debug = meta(&simulator, Method::GET, "debug_token").query("input_token", token);
    let said = send(debug).await.json;
    assert_eq!(said["data"]["granular_scopes"][0]["target_ids"][0], ACCOUNT);
    let read = async |node: &str| {
        let url = format!("{}/v25.0/{node}", simulator.meta_url()).parse().unwrap();
        send(call!("test.meta", Method::GET, url).bearer(&token.into())).await
    };
    assert_eq!(read(ACCOUNT).await.status, 200);
    assert_eq!(read(OTHER).await.meta_code(), (100, Some(33)));
}
