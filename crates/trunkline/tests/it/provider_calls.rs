//! A call that must not be made twice, and the process that dies in the middle of it.

use std::time::Duration;

use rustix::process::Signal;
use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, Place as SecretPlace, Secret};
use trunkline_providers::simulator::{Fault, FaultKind, Sample, Simulator, World};

use crate::place::{Place, Run};
use crate::serving::{KEY, Serving, serve};

/// A channel at 360dialog, and an operator's key.
const ROWS: &str = "
    INSERT INTO public.partner_configurations (id, provider, partner_id, is_active)
    VALUES (900, '360dialog', 'simul8PA', true);
    INSERT INTO public.dialog_360_clients (id, company_id, client_id, status)
    SELECT 900, min(id), 'c00000CL', 'active' FROM companies;
    INSERT INTO public.dialog_360_channels (id, client_id, channel_id, status)
    VALUES (900, 900, 'n00000CH', 'running');
    INSERT INTO trunkline.api_keys (name, hint, key_hash, role, created_at)
    VALUES ('operator', 'tlk_oper', sha256('tlk_operator'), 'operator', now());";

const ROTATE: &str = "/api/v1/channels/360dialog-900/rotate-api-key";

fn run(place: &Place) -> Run {
    serve(place).env("TRUNKLINE_ALLOW_PRIVATE_ADDRESSES", "true")
}

/// What stands in a sealed column, opened.
async fn opened(place: &Place, table: &'static str, column: &'static str) -> Option<String> {
    let client = place.database.connect().await.unwrap();
    let query = format!("SELECT {column} FROM public.{table} WHERE id = 900");
    let sealed: Option<String> = client.query_one(&query, &[]).await.unwrap().get(0);
    let at = SecretPlace { schema: "public", table, column, row: "900" };
    let ring = KeyRing::parse(KEY).unwrap();
    sealed.map(|sealed| ring.open(&at, &sealed).unwrap().expose().to_owned())
}

async fn prepare(place: &Place, simulator: &Simulator) {
    place.sql(ROWS).await;
    let client = place.database.connect().await.unwrap();
    let (table, column) = ("partner_configurations", "partner_api_key");
    let at = SecretPlace { schema: "public", table, column, row: "900" };
    let secret = Secret::new(Sample::DIALOG360_KEY.to_owned());
    let sealed = KeyRing::parse(KEY).unwrap().seal(&at, &secret, &mut Random::system());
    let set = "UPDATE public.partner_configurations SET partner_api_key = $1 WHERE id = 900";
    client.execute(set, &[&sealed]).await.unwrap();
    let set = "UPDATE trunkline.partner_account_details SET base_url = $1";
    client.execute(set, &[&simulator.dialog360_url().as_str()]).await.unwrap();
}

fn working(simulator: &Simulator) -> Vec<String> {
    simulator.read(|world| {
        let keys = world.dialog360.channels["n00000CH"].keys.iter();
        keys.map(|key| key.api_key.clone()).collect()
    })
}

#[tokio::test]
async fn a_service_that_is_killed_between_a_new_key_and_keeping_it_does_not_make_another_unasked() {
    let place = Place::migrated().await;
    let simulator = Simulator::start(World::sample(&Sample { companies: 1 })).await.unwrap();
    prepare(&place, &simulator).await;
    let before = working(&simulator);
    let path = "/360dialog/api/v2/partners/*/channels/*/api_keys".to_owned();
    let (method, kind) = (Some("POST".to_owned()), FaultKind::Slow { milliseconds: 60_000 });
    simulator.fault(Fault { method, path, times: Some(1), kind });

    let serving = Serving::start(run(&place)).await;
    let address = serving.address.clone();
    let asking = tokio::spawn(async move { crate::serving::post(&address, ROTATE, "{}").await });
    while working(&simulator) == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    serving.running.signal(Signal::KILL);
    assert_eq!(asking.await.unwrap(), "");
    drop(serving);
    let made = working(&simulator);
    assert_eq!(opened(&place, "dialog_360_channels", "api_key").await, None);

    let serving = Serving::start(run(&place)).await;
    let post = async |path: &str| crate::serving::post(&serving.address, path, "{}").await;
    let refused = post(ROTATE).await;
    assert!(refused.starts_with("HTTP/1.1 409"), "{refused}");
    assert_eq!(working(&simulator), made, "a second key was made");
    // It is not the budget that is tried here.
    place.sql("DELETE FROM trunkline.rate_budgets").await;
    place.sql("UPDATE trunkline.provider_calls SET begun_at = begun_at - INTERVAL '5 min'").await;
    let resolved = post("/api/v1/provider-calls/1/resolve").await;
    assert!(
        resolved.contains(r#""state":"done""#) && resolved.contains(r#""lost":true"#),
        "{resolved}"
    );
    let again = post(ROTATE).await;
    assert!(again.starts_with("HTTP/1.1 200"), "{again}");
    let kept = opened(&place, "dialog_360_channels", "api_key").await;
    assert_eq!(kept, working(&simulator).pop());
    assert_ne!(kept, made.into_iter().next());
    serving.running.signal(Signal::TERM);
    serving.running.end().await.expect(0);
}
