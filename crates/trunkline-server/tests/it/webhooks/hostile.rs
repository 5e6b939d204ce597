//! A thousand malformed and hostile requests: each is answered, none with an error of ours.

#[path = "../../../../../fuzz/receive.rs"]
mod receive;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::value::RawValue;
use trunkline_server::work_once;

use super::sender::{dialog360, from_meta, meta, stored, twilio};
use crate::support::Service;

const SEEDS: [&[u8]; 6] = [
    br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"statuses":[{"id":"wamid.1","status":"read","timestamp":"1"}]}}]}]}"#,
    br#"[{"id":"evt_1","event":"channel_live","data":{"id":"tlbN64CH","status":"ready"}}]"#,
    b"MessageSid=SM1&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&From=whatsapp%3A%2B1&Body=%F0%9F%91%8D",
    b"{\"entry\":[{\"id\":1e999,\"changes\":[null,7,{\"value\":[]}]}]}",
    b"\x00\xff\xfe{\"entry\":[]}",
    b"",
];

/// A seed with some bytes changed, left out, repeated, or buried deep.
fn body(random: &mut StdRng, seeds: &[&[u8]]) -> Vec<u8> {
    let mut body = seeds[random.random_range(0..seeds.len())].to_vec();
    for _ in 0..random.random_range(0..6) {
        let at = random.random_range(0..=body.len());
        match random.random_range(0..4) {
            0 => body.truncate(at),
            1 => body.insert(at, random.random()),
            2 => body
                .splice(at..at, seeds[random.random_range(0..seeds.len())].to_vec())
                .for_each(drop),
            _ => {
                let depth = random.random_range(1..2000);
                body = [vec![b'['; depth], body, vec![b']'; depth]].concat();
            }
        }
    }
    body
}

fn header(random: &mut StdRng) -> Vec<u8> {
    let mut value: Vec<u8> = (0..random.random_range(0..90)).map(|_| random.random()).collect();
    value.retain(|byte| (32..127).contains(byte) || *byte > 160);
    if random.random() { [b"sha256=".to_vec(), value].concat() } else { value }
}

#[tokio::test]
async fn a_thousand_hostile_requests_are_answered_and_never_with_an_error_of_ours() {
    let service = Service::new().await;
    let (meta, dialog360, twilio) =
        (meta(&service).await, dialog360(&service).await, twilio(&service).await);
    let paths = [
        meta.path.clone(),
        dialog360.path.clone(),
        format!("{}/numbers", dialog360.path),
        twilio.path.clone(),
        format!("{}/status?bodySHA256=%zz&bodySHA256", twilio.path),
        "/webhooks/meta/%ff%00".to_owned(),
        format!("/webhooks/twilio/{}", "x".repeat(4000)),
    ];
    let names =
        ["x-hub-signature-256", "x-360dialog-signature", "x-partner-auth", "x-twilio-signature"];
    let mut random = StdRng::seed_from_u64(4);
    for round in 0..1000 {
        let mut request = Request::post(&paths[random.random_range(0..paths.len())]);
        for name in names {
            request = request.header(name, header(&mut random));
        }
        let body = body(&mut random, &SEEDS);
        let answer = service.send(request.body(Body::from(body.clone())).unwrap()).await;
        let status = answer.status.as_u16();
        assert!([400, 401, 404].contains(&status), "round {round}: {status} {}", answer.body);

        // Whoever knows the secret may send what they like: it is stored, and never a mistake of ours.
        assert_eq!(from_meta(&service, &meta, &body).await.status.as_u16(), 200, "{body:?}");
    }
    assert!(stored(&service).await > 500);

    // Nor is it one when it is worked on: what cannot be read is a dead letter that says so.
    work_once(&service.state).await;
    let query = "
        SELECT count(*) FILTER (WHERE error LIKE 'a mistake of ours%'), count(*), (SELECT count(*) FROM trunkline.webhook_queue)
        FROM trunkline.webhook_dead_letters";
    let row = service.client.query_one(query, &[]).await.unwrap();
    let [mistakes, dead, waiting]: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!((mistakes, waiting), (0, 0), "of {dead}");
    assert!(dead > 100, "{dead}");
}

/// `TRUNKLINE_TEST_RECEIVED=100000` is the long form.
#[test]
fn whatever_is_made_of_known_webhooks_is_verified_or_refused_and_read_lane_by_lane() {
    let rounds = std::env::var("TRUNKLINE_TEST_RECEIVED").map_or(2000, |n| n.parse().unwrap());
    let fixtures =
        include_str!("../../../../trunkline-providers/tests/fixtures/meta-webhooks.json");
    let fixtures: BTreeMap<String, Box<RawValue>> = serde_json::from_str(fixtures).unwrap();
    let known = fixtures.values().map(|body| body.get().as_bytes());
    let seeds: Vec<&[u8]> = SEEDS.into_iter().chain(known).collect();
    for seed in &seeds {
        receive::receive("", "", seed);
    }
    let mut random = StdRng::seed_from_u64(6);
    for _ in 0..rounds {
        let (header, query) = (header(&mut random), header(&mut random));
        let (header, query) = (String::from_utf8_lossy(&header), String::from_utf8_lossy(&query));
        receive::receive(&header, &query, &body(&mut random, &seeds));
    }
}
