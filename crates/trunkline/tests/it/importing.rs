//! Platforms of a few connections, and what is asked of their import.

use crate::outcome::Outcome;
use crate::place::Place;

pub(crate) const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

pub(crate) async fn run(place: &Place, line: &str) -> Outcome {
    place.command(line).env("TRUNKLINE_KEYS", KEY).run().await
}

/// A migrated platform whose connections are these alone: id, company, type, channel, client, secret, number.
pub(crate) async fn platform(rows: &[(i32, i32, &str, &str, &str, &str, &str)]) -> Place {
    let place = Place::migrated().await;
    place.sql("DELETE FROM channel_connections").await;
    for row in rows {
        place.sql(&insert(*row)).await;
    }
    place
}

pub(crate) fn insert(
    (id, company, kind, channel, client, secret, number): (i32, i32, &str, &str, &str, &str, &str),
) -> String {
    format!(
        "INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, status,
            updated_at, connection_data)
        VALUES ({id}, 2, {company}, 'whatsapp_{kind}', '{channel}', 'Row {id}', 'active', now(), jsonb_build_object(
            'phoneNumberId', '{channel}', 'channelId', '{channel}', 'wabaId', '{client}', 'clientId', '{client}',
            'accountSid', '{client}', 'phoneNumber', '{number}', 'accessToken', '{secret}', 'apiKey', '{secret}',
            'authToken', '{secret}'))"
    )
}

/// What a plan says of its conflicts, as `row conflict`.
pub(crate) async fn conflicts(place: &Place) -> Vec<String> {
    let plan = run(place, "import plan --format json").await.expect(0).json();
    let lines = plan["conflicts"].as_array().unwrap().iter();
    lines.map(|line| format!("{} {}", line["row"], line["conflict"].as_str().unwrap())).collect()
}

pub(crate) async fn channels(place: &Place) -> i64 {
    place.number("SELECT count(*) FROM trunkline.listed_channels").await
}

pub(crate) const NUMBER: &str = "+4915112345678";
