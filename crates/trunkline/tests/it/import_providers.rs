//! `import plan --check-provider`, against the simulated providers and without a service.

use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, Place as Sealed, Secret};
use trunkline_providers::simulator::{Sample, Simulator, World};

use crate::outcome::Outcome;
use crate::place::Place;

const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The messaging key of a channel.
const CHANNEL_KEY: &str = "known-channel-key";

async fn run(place: &Place, line: &str) -> Outcome {
    let outcome = place.command(line).env("TRUNKLINE_KEYS", KEY).run().await;
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains("fake-") && !text.contains("SIMULATED"), "{outcome}");
        assert!(!text.contains(CHANNEL_KEY), "{outcome}");
    }
    outcome
}

/// A platform of seven connections, with a partner account at each provider.
async fn platform(simulator: &Simulator) -> Place {
    let place = Place::migrated().await;
    place.write(
        "trunkline.toml",
        format!(
            "[providers]\ndialog360_url = \"{}\"\ndialog360_messaging_url = \"{}\"\nmeta_url = \"{}\"\n\
             twilio_url = \"{}\"\nallow_private_addresses = true\n",
            simulator.dialog360_url(),
            simulator.dialog360_messaging_url(),
            simulator.meta_url(),
            simulator.twilio_url(),
        ),
    );
    let (ring, mut random) = (KeyRing::parse(KEY).unwrap(), Random::seeded(1));
    let client = place.database.connect().await.unwrap();
    let mut seal = |row: &str, column: &str, text: &str| {
        let place = Sealed { schema: "public", table: "partner_configurations", column, row };
        ring.seal(&place, &Secret::new(text.to_owned()), &mut random)
    };
    let insert = "
        INSERT INTO partner_configurations (id, provider, partner_id, partner_api_key, partner_secret, access_token)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let accounts = [
        (
            "1",
            "360dialog",
            Sample::DIALOG360_PARTNER,
            Some(Sample::DIALOG360_KEY),
            Some(Sample::DIALOG360_SECRET),
            None,
        ),
        (
            "2",
            "meta",
            Sample::META_BUSINESS,
            Some(Sample::META_APP),
            Some(Sample::META_SECRET),
            Some(Sample::META_TOKEN),
        ),
        ("3", "twilio", Sample::TWILIO_ACCOUNT, None, None, Some(Sample::TWILIO_TOKEN)),
    ];
    for (row, provider, id, key, secret, token) in accounts {
        let key = key.map(|text| seal(row, "partner_api_key", text));
        let secret = secret.map(|text| seal(row, "partner_secret", text));
        let token = token.map(|text| seal(row, "access_token", text));
        let number: i32 = row.parse().unwrap();
        client.execute(insert, &[&number, &provider, &id, &key, &secret, &token]).await.unwrap();
    }
    let meta = |waba: &str, number: &str, token: &str, phone: &str| serde_json::json!({ "wabaId": waba, "phoneNumberId": number, "accessToken": token, "phoneNumber": phone });
    let (waba, number) = ("102000000000001", "103000000000001");
    let rows = [
        ("whatsapp_official", meta(waba, number, Sample::META_TOKEN, "+49301100000")),
        (
            "whatsapp_official",
            meta("102000000000002", "103000000000002", "fake-expired", "+49301100001"),
        ),
        (
            "whatsapp_official",
            meta("102000000000003", "103000000000003", Sample::META_TOKEN, "+49301999999"),
        ),
        (
            "whatsapp_official",
            meta("102000000000999", "103000000000999", Sample::META_TOKEN, "+49301999998"),
        ),
        (
            "whatsapp_360dialog",
            serde_json::json!({ "clientId": "c00000CL", "channelId": "n00000CH", "apiKey": CHANNEL_KEY }),
        ),
        (
            "whatsapp_360dialog",
            serde_json::json!({ "clientId": "c00001CL", "channelId": "n00001CH", "apiKey": "fake-key" }),
        ),
        (
            "whatsapp_twilio",
            serde_json::json!({ "accountSid": Sample::TWILIO_ACCOUNT, "authToken": Sample::TWILIO_TOKEN,
            "phoneNumber": "+49303100000" }),
        ),
    ];
    place.sql("DELETE FROM channel_connections").await;
    for (number, (kind, data)) in (1_i32..).zip(rows) {
        let insert = "
            INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, connection_data)
            SELECT $1, min(id), 1, $2, 'account', 'Name', $3
            FROM public.users";
        client.execute(insert, &[&number, &kind, &data]).await.unwrap();
    }
    place
}

#[tokio::test]
async fn each_token_is_asked_about_and_an_outage_is_no_bad_token() {
    let mut world = serde_json::to_value(World::sample(&Sample { companies: 4 })).unwrap();
    world["dialog360"]["channels"]["n00000CH"]["keys"] =
        serde_json::json!([{ "id": "AK1", "api_key": CHANNEL_KEY }]);
    let world: World = serde_json::from_value(world).unwrap();
    let simulator = Simulator::start(world).await.unwrap();
    let place = platform(&simulator).await;

    let json = run(&place, "import plan --check-provider --format json").await.expect(0).json();
    let provider = &json["provider"];
    assert_eq!(
        [&provider["good"], &provider["refused"], &provider["not_asked"]],
        [4, 3, 0],
        "{json}"
    );
    let found: Vec<String> = provider["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let word = |name: &str| found[name].as_str().unwrap().to_owned();
            format!("{} {} {}", found["row"], word("kind"), word("finding"))
        })
        .collect();
    let expected = [
        "2 conflict token_rejected",
        "3 note number_differs",
        "4 conflict token_elsewhere",
        "6 conflict token_rejected",
    ];
    assert_eq!(found, expected);
    let csv = run(&place, "import plan --check-provider --format csv").await.expect(0);
    assert_eq!(csv.stdout.lines().count(), 5, "{csv}");
    assert!(csv.stdout.starts_with("row,company_id,channel_type,kind,word,"), "{csv}");
    let table = run(&place, "import plan --check-provider").await.expect(0);
    assert!(
        table.stdout.contains("4 tokens good, 3 refused, 0 of which nothing is known"),
        "{table}"
    );
    run(&place, "import plan --check-provider --check").await.expect(3);
    let asked =
        "SELECT count(*) FROM trunkline.rate_budgets WHERE name IN ('messaging', 'requests')";
    assert_eq!(place.number(asked).await, 2, "within the budgets that all share");

    drop(simulator);
    let json = run(&place, "import plan --check-provider --format json").await.expect(0).json();
    let provider = &json["provider"];
    assert_eq!(
        [&provider["good"], &provider["refused"], &provider["not_asked"]],
        [0, 0, 7],
        "{json}"
    );
    assert_eq!(provider["notes"]["token_not_asked"], 7);
}

#[tokio::test]
async fn it_waits_for_the_budget_until_ctrl_c() {
    let simulator = Simulator::start(World::sample(&Sample { companies: 4 })).await.unwrap();
    let place = platform(&simulator).await;
    // Another process was told by Meta to wait.
    let told = "INSERT INTO trunkline.rate_budgets (account_id, name, not_before)
        VALUES (2, '103000000000001', now() + '10 minutes'::INTERVAL)";
    place.sql(told).await;
    let run = place.command("import plan --check-provider").env("TRUNKLINE_KEYS", KEY).spawn();
    let others =
        "SELECT count(*) FROM trunkline.rate_budgets WHERE name = 'requests' AND turns <> '{}'";
    place.wait_for_rows(others).await;
    let asked = "SELECT count(*) FROM trunkline.rate_budgets WHERE name = '103000000000001' AND turns <> '{}'";
    assert_eq!(place.number(asked).await, 0);
    run.interrupt();
    let ended = run.end().await.expect(130);
    assert!(ended.stderr.contains("nothing was changed"), "{ended}");
}

#[tokio::test]
async fn without_keys_or_accounts_it_is_said_what_is_missing() {
    let place = Place::migrated().await;
    let refused = place.run("import plan --check-provider").await.expect(1);
    assert!(refused.stderr.contains("without keys"), "{refused}");
    let json = run(&place, "import plan --check-provider --format json").await.expect(0).json();
    assert_eq!([&json["provider"]["good"], &json["provider"]["refused"]], [0, 0]);
    let detail = json["provider"]["findings"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("no active partner account of"), "{detail}");
}
