//! What the doctor says of a database that is well, and of ones that are not.

use insta::assert_snapshot;

use crate::place::{Place, Run};

const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn doctor(place: &Place) -> Run {
    // A port that nobody else has, so that the finding is the same every time.
    let run = place.command("doctor").env("TRUNKLINE_KEYS", KEY);
    run.env("TRUNKLINE_LISTEN", "127.0.0.1:0").env("TRUNKLINE_PUBLIC_URL", "https://p.example")
}

/// Without what depends on the server that the tests found, and on how many migrations there are.
fn shown(outcome: &crate::outcome::Outcome) -> String {
    let version = regex_lite::Regex::new(r"PostgreSQL \S+( \([^)]*\))?").unwrap();
    let counts = regex_lite::Regex::new(r"\d+ (checks|migrations)").unwrap();
    let shown = version.replace_all(&outcome.to_string(), "PostgreSQL [version]").into_owned();
    counts.replace_all(&shown, "[some] $1").into_owned()
}

#[tokio::test]
async fn a_service_that_can_start_is_told_so() {
    let place = Place::migrated().await;
    assert_snapshot!("well", shown(&doctor(&place).run().await.expect(0)));
}

#[tokio::test]
async fn what_is_wrong_comes_with_the_command_that_helps() {
    let place = Place::migrated().await;
    place.sql("INSERT INTO partner_configurations (provider, partner_id, partner_secret) VALUES ('meta', '1', 'in clear')").await;
    place.sql("DROP INDEX idx_dialog_360_channels_status").await;
    let unwell = doctor(&place).env("TRUNKLINE_PUBLIC_URL", "http://p.example");
    let unwell = unwell
        .env("TRUNKLINE_OIDC_ISSUER", "https://10.0.0.1")
        .env("TRUNKLINE_OIDC_CLIENT_ID", "t");
    assert_snapshot!("unwell", shown(&unwell.run().await.expect(1)));
    let lost = doctor(&place).env("DATABASE_URL", "postgres://u@127.0.0.1:1/d");
    assert_snapshot!("no_database", lost.run().await.expect(1));
}
