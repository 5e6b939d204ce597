//! `trunkline sync` against simulated providers.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::Signal;
use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, Place as SecretPlace, Secret};
use trunkline_providers::simulator::{Fault, FaultKind, Sample, Simulator, Words, World};

use crate::place::{Place, Run};
use crate::serving::KEY;

/// Of Meta's two accounts one company has the first; the number there is being set up, as far as we know.
const ROWS: &str = "
    INSERT INTO public.meta_whatsapp_clients (id, company_id, business_account_id, business_account_name, status)
    SELECT 900, min(id), '102000000000001', 'Bakery 1', 'active' FROM companies;
    INSERT INTO public.meta_whatsapp_phone_numbers (id, client_id, phone_number_id, phone_number, status)
    VALUES (900, 900, '103000000000001', '+49301100000', 'pending');
    INSERT INTO public.partner_configurations (id, provider, partner_id, is_active)
    VALUES (900, 'meta', '506914307656634', true);
    UPDATE trunkline.partner_account_details SET label = 'Portfolio' WHERE partner_configuration_id = 900;";

struct Field {
    place: Place,
    simulator: Simulator,
}

impl Field {
    async fn new() -> Self {
        let place = Place::migrated().await;
        let simulator = Simulator::start(World::sample(&Sample { companies: 2 })).await.unwrap();
        place.sql(ROWS).await;
        let client = place.database.connect().await.unwrap();
        let ring = KeyRing::parse(KEY).unwrap();
        for (column, secret) in [
            ("partner_api_key", Sample::META_APP),
            ("partner_secret", Sample::META_SECRET),
            ("access_token", Sample::META_TOKEN),
        ] {
            let at = SecretPlace {
                schema: "public",
                table: "partner_configurations",
                column,
                row: "900",
            };
            let sealed = ring.seal(&at, &Secret::new(secret.to_owned()), &mut Random::system());
            let set =
                format!("UPDATE public.partner_configurations SET {column} = $1 WHERE id = 900");
            client.execute(&set, &[&sealed]).await.unwrap();
        }
        let set = "UPDATE trunkline.partner_account_details SET base_url = $1";
        client.execute(set, &[&simulator.meta_url().as_str()]).await.unwrap();
        Self { place, simulator }
    }

    fn command(&self, line: &str) -> Run {
        self.place
            .command(line)
            .env("TRUNKLINE_KEYS", KEY)
            .env("TRUNKLINE_ALLOW_PRIVATE_ADDRESSES", "true")
            .env("TRUNKLINE_LOG", "off")
    }

    fn fault(&self, path: &str, times: Option<u32>, kind: FaultKind) {
        self.simulator.fault(Fault { method: None, path: path.to_owned(), times, kind });
    }
}

#[tokio::test]
async fn it_compares_first_and_then_takes_over_what_the_provider_says() {
    let field = Field::new().await;
    let dry = field.command("sync --dry-run").run().await.expect(3);
    insta::assert_snapshot!("sync_dry_run", dry);
    let document =
        field.command("sync --account Portfolio --dry-run --format json").run().await.expect(3);
    let found = document.json()["differences"].as_u64().unwrap();
    assert_eq!(
        document.json()["syncs"][0]["findings"].as_array().map(Vec::len),
        usize::try_from(found).ok()
    );
    let status = "SELECT count(*) FROM public.meta_whatsapp_phone_numbers WHERE status = 'pending'";
    assert_eq!(field.place.number(status).await, 1);
    insta::assert_snapshot!("sync_done", field.command("sync").run().await.expect(0));
    assert_eq!(field.place.number(status).await, 0);
    let again = field.command("sync --account 900 --dry-run").run().await.expect(3);
    assert!(again.stdout.contains("only there") && !again.stdout.contains("differs"), "{again}");
}

#[tokio::test]
async fn it_says_which_account_failed_and_what_to_do() {
    let field = Field::new().await;
    let words = Words { status: 503, headers: BTreeMap::default(), body: "<html>no</html>".into() };
    field.fault("/meta/**", None, FaultKind::Refuse(words));
    let failed = field.command("sync").run().await.expect(1);
    insta::assert_snapshot!("sync_failed", failed);
    let unknown = field.command("sync --account nobody").run().await.expect(2);
    insta::assert_snapshot!("sync_unknown_account", unknown);
}

#[tokio::test]
async fn a_sync_that_is_killed_goes_on_where_it_was() {
    let field = Field::new().await;
    let second = "
        INSERT INTO public.meta_whatsapp_clients (id, company_id, business_account_id, status)
        SELECT 901, min(id), '102000000000002', 'pending' FROM companies;
        INSERT INTO public.meta_whatsapp_phone_numbers (id, client_id, phone_number_id, status)
        VALUES (901, 901, '103000000000002', 'pending')";
    field.place.sql(second).await;
    let slow = FaultKind::Slow { milliseconds: 7_000 };
    field.fault("/meta/*/102000000000002/phone_numbers", Some(1), slow);
    let running = field.command("sync").spawn();
    field.place.wait_for_rows("SELECT count(*) FROM trunkline.sync_runs WHERE clients = 1").await;
    running.signal(Signal::KILL);
    tokio::time::sleep(Duration::from_millis(200)).await;
    // Its lease would end by itself within a minute.
    field
        .place
        .sql("UPDATE trunkline.sync_runs SET lease_until = clock_timestamp() - INTERVAL '1 s'")
        .await;
    field.simulator.forget_requests();
    field.command("sync").run().await.expect(0);
    let asked: Vec<String> =
        field.simulator.requests().iter().map(|request| request.path.clone()).collect();
    assert!(!asked.iter().any(|path| path.contains("102000000000001/")), "{asked:?}");
    let ended = "
        SELECT count(*) FROM trunkline.sync_runs WHERE state = 'done' AND attempts = 2 AND clients = 2";
    assert_eq!(field.place.number(ended).await, 1);
    let doubled = "
        SELECT count(*) FROM (
            SELECT FROM trunkline.fact_history GROUP BY subject, subject_id, aspect HAVING count(*) > 1
        ) AS doubled";
    assert_eq!(field.place.number(doubled).await, 0);
    let verified =
        "SELECT count(*) FROM public.meta_whatsapp_phone_numbers WHERE status = 'verified'";
    assert_eq!(field.place.number(verified).await, 2);
}
