//! `import …` from elsewhere, along with a platform that goes on writing, and behind one that is busy.

use std::time::Duration;

use crate::outcome::Outcome;
use crate::place::Place;

const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

async fn run(place: &Place, line: &str) -> Outcome {
    let outcome = place.command(line).env("TRUNKLINE_KEYS", KEY).run().await;
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains("fake-"), "a secret is told: {outcome}");
    }
    outcome
}

const CSV: &str = "id,company_id,channel_type,account_id,account_name,wabaId,accessToken,clientId,apiKey,phoneNumber\n\
    10,1,whatsapp_official,7001,\"One, two\",8001,fake-token-of-csv,,,+4915112345678\n\
    20,2,whatsapp_360dialog,c20CH,Three,,,c20CL,fake-key-of-csv,+4915112345679\n\
    30,999,whatsapp_official,7002,No company,8002,fake-token-other,,,\n\
    40,1,instagram,x,Left alone,,,,,\n";

#[tokio::test]
async fn a_csv_file_goes_through_the_same_mapping() {
    let place = Place::migrated().await;
    place.write("connections.csv", CSV);
    let from = "--from csv connections.csv";
    let plan = run(&place, &format!("import plan {from} --format json")).await.expect(0).json();
    let total = &plan["total"];
    assert_eq!([&total["create"], &total["conflict"], &total["skipped"]], [2, 1, 1], "{plan}");
    assert_eq!(plan["conflicts"][0]["conflict"], "company_missing");
    run(&place, &format!("import run {from}")).await.expect(3);
    let made = "SELECT count(*) FROM meta_whatsapp_phone_numbers AS channel
        JOIN meta_whatsapp_clients AS client ON client.id = client_id
        WHERE phone_number_id = '7001' AND display_name = 'One, two' AND business_account_id = '8001'
            AND company_id = 1 AND access_token LIKE 'tlk1.%'";
    assert_eq!(place.number(made).await, 1);
    run(&place, &format!("import verify {from}")).await.expect(0);
    let again = run(&place, &format!("import run {from} --format json")).await.expect(3).json();
    assert_eq!([&again["created"], &again["already_there"]], [0, 2]);

    // A row of the platform with the same id is another one, and has nothing to do with it.
    run(&place, "import run").await;
    run(&place, "import link").await.expect(0);
    let linked = "SELECT count(*) FROM channel_connections WHERE connection_data ? 'trunkline'";
    let links = place.number(linked).await;
    std::fs::remove_file(place.path().join("connections.csv")).unwrap();
    run(&place, &format!("import undo {from} --yes")).await.expect(0);
    assert_eq!([place.number(made).await, place.number(linked).await], [0, links]);
    let refused = run(&place, &format!("import link {from}")).await.expect(2);
    assert!(refused.stderr.contains("have a place for links"), "{refused}");

    place.write("connections.csv", "channel_type\nwhatsapp_official\n");
    let refused = run(&place, &format!("import plan {from}")).await.expect(1);
    assert!(refused.stderr.contains("connections.csv: it has no column account_id"), "{refused}");
}

#[tokio::test]
async fn chatwoot_s_channels_go_through_the_same_mapping() {
    let place = Place::migrated().await;
    let chatwoot = Place::empty().await;
    chatwoot
        .sql(
            "CREATE TABLE channel_whatsapp (id BIGINT PRIMARY KEY, account_id INTEGER NOT NULL, phone_number VARCHAR NOT NULL,
                provider VARCHAR DEFAULT 'default', provider_config JSONB DEFAULT '{}', created_at TIMESTAMP(6) NOT NULL DEFAULT now(),
                updated_at TIMESTAMP(6) NOT NULL DEFAULT now());
            CREATE TABLE inboxes (id BIGINT PRIMARY KEY, channel_id INTEGER NOT NULL, account_id INTEGER NOT NULL, name VARCHAR NOT NULL,
                channel_type VARCHAR);
            INSERT INTO channel_whatsapp (id, account_id, phone_number, provider, provider_config) VALUES
                (1, 77, '+4915112345001', 'whatsapp_cloud', '{\"api_key\": \"fake-chatwoot-token\", \"phone_number_id\": \"9001\", \
                    \"business_account_id\": \"9100\", \"webhook_verify_token\": \"fake-verify\"}'),
                (2, 77, '+4915112345002', 'default', '{\"api_key\": \"fake-chatwoot-key\"}'),
                (3, 78, '+4915112345003', 'whatsapp_cloud', '{\"api_key\": \"fake-other\", \"phone_number_id\": \"9003\", \
                    \"business_account_id\": \"9103\"}');
            INSERT INTO inboxes VALUES (1, 1, 77, 'Support', 'Channel::Whatsapp')",
        )
        .await;
    place.write("companies.csv", "account_id,company_id\n77,2\n");
    let from = "--from chatwoot env:CHATWOOT --companies companies.csv --format json";
    let command = |line: &str| {
        let command = place.command(&format!("import {line} {from}"));
        command.env("TRUNKLINE_KEYS", KEY).env("CHATWOOT", chatwoot.database.url())
    };
    let plan = command("plan").run().await.expect(0).json();
    assert_eq!(plan["total"]["create"], 1, "{plan}");
    let conflicts: Vec<_> = plan["conflicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["row"], &it["conflict"]))
        .collect();
    assert_eq!(
        conflicts,
        [(&2.into(), &"channel_id_missing".into()), (&3.into(), &"company_unknown".into())]
    );
    command("run").run().await.expect(3);
    let made = "SELECT count(*) FROM meta_whatsapp_phone_numbers AS channel
        JOIN meta_whatsapp_clients AS client ON client.id = client_id
        WHERE phone_number_id = '9001' AND display_name = 'Support' AND phone_number = '+4915112345001'
            AND business_account_id = '9100' AND company_id = 2";
    assert_eq!(place.number(made).await, 1);
    command("verify").run().await.expect(0);
    let refused = run(&place, "import plan --from chatwoot env:NOWHERE").await.expect(2);
    assert!(refused.stderr.contains("no variable NOWHERE"), "{refused}");
}

#[tokio::test]
async fn what_the_platform_writes_is_followed_until_the_switch() {
    let place = Place::migrated().await;
    // Times that cannot be, of which those after them must not go unseen.
    place
        .sql("UPDATE channel_connections SET updated_at = now() + INTERVAL '1 day' WHERE id = 3;
            UPDATE channel_connections SET created_at = '-infinity', updated_at = 'infinity' WHERE id = 5")
        .await;
    let following = place
        .command("import run --follow --interval 100ms --format json")
        .env("TRUNKLINE_KEYS", KEY)
        .spawn();
    place
        .wait_for_rows("SELECT count(*) FROM trunkline.import_runs WHERE ended_at IS NOT NULL")
        .await;
    let url = place.database.url();
    let writer = tokio::spawn(async move {
        let client = trunkline_migrate::Target::parse(&url).unwrap().client().await.unwrap();
        for number in 0..40 {
            let sql = format!(
                "INSERT INTO channel_connections (user_id, company_id, channel_type, account_id, account_name, connection_data)
                VALUES (2, 1 + {number} % 5, 'whatsapp_360dialog', 'w{number}CH', 'First', jsonb_build_object('clientId',
                    'w' || {number} % 5 || 'CL', 'channelId', 'w{number}CH', 'apiKey', 'fake-{number}'));
                UPDATE channel_connections SET account_name = 'Second', updated_at = now() WHERE account_id = 'w{}CH'",
                number / 2
            );
            client.batch_execute(&sql).await.unwrap();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
    writer.await.unwrap();
    let all = "SELECT ((SELECT count(*) FROM dialog_360_channels WHERE channel_id LIKE 'w%CH') = 40
        AND (SELECT count(*) FROM dialog_360_channels WHERE channel_id LIKE 'w%CH' AND display_name = 'Second') = 20
        )::INTEGER::BIGINT";
    place.wait_for_rows(all).await;
    following.interrupt();
    let followed = following.end().await;
    let conflicts = followed.json()["conflicts"].as_i64().unwrap();
    assert_eq!(followed.status, if conflicts > 0 { 3 } else { 0 }, "{followed}");
    assert!(followed.json()["created"].as_i64().unwrap() >= 40, "{followed}");
    run(&place, "import verify").await.expect(0);
}

#[tokio::test]
async fn it_rests_while_the_database_is_busy() {
    let place = Place::migrated().await;
    place
        .sql(
            "INSERT INTO channel_connections (user_id, company_id, channel_type, account_id, account_name, connection_data) \
             SELECT 2, 1, 'whatsapp_360dialog', 'many' || n, 'Many', jsonb_build_object('clientId', 'many', 'channelId', \
             'many' || n, 'apiKey', 'fake-' || n) FROM generate_series(1, 6000) AS n",
        )
        .await;
    // Sessions of our own do not count.
    let of_the_platform = "SET application_name = 'platform'";
    let busy = place.database.connect().await.unwrap();
    busy.batch_execute(of_the_platform).await.unwrap();
    let cancel = busy.cancel_token();
    let work = tokio::spawn(async move { busy.batch_execute("SELECT pg_sleep(60)").await });
    place.wait_for_statement("pg_sleep(60)").await;
    let running =
        place.command("import run --busy 0 --format json").env("TRUNKLINE_KEYS", KEY).run().await;
    assert_eq!(running.json()["rested_ms"], 0, "{running}");
    run(&place, "import undo --yes").await.expect(0);
    // Sessions of other tests may be at work too: one is enough here.
    let running = place.command("import run --busy 1 --format json").env("TRUNKLINE_KEYS", KEY);
    let second = place.database.connect().await.unwrap();
    second.batch_execute(of_the_platform).await.unwrap();
    let token = second.cancel_token();
    let more = tokio::spawn(async move { second.batch_execute("SELECT pg_sleep(59)").await });
    place.wait_for_statement("pg_sleep(59)").await;
    let running = running.spawn();
    place
        .wait_for_rows("SELECT count(*) FROM dialog_360_channels WHERE channel_id LIKE 'many%'")
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for token in [cancel, token] {
        token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    }
    let done = running.end().await;
    assert!(done.json()["rested_ms"].as_i64().unwrap() >= 250, "{done}");
    assert!(work.await.unwrap().is_err() && more.await.unwrap().is_err());
    run(&place, "import verify").await.expect(0);
}
