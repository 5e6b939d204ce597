//! Rows of `channel_connections`: every variant of their keys, every flaw, and whatever else may stand there.

mod contention;
mod properties;
mod variants;

use trunkline_core::legacy::{Known, LegacyRow, Reading, read};

/// What a row means, in one line: the facts, or the conflict; then the token and the notes.
fn told(row: &LegacyRow<'_>) -> String {
    let known = Known { portfolios: vec!["400000000000001".to_owned()] };
    match read(row, &known) {
        Reading::Skipped => "skipped".to_owned(),
        Reading::Conflict(conflict) => conflict.to_string(),
        Reading::Channel(channel) => {
            let facts = &channel.facts;
            let number = facts.phone_number.as_deref().unwrap_or("-");
            let token = channel.secret.as_ref().map_or("-", |secret| secret.expose());
            let notes: Vec<_> = channel.notes.iter().map(ToString::to_string).collect();
            let line = format!(
                "{} {} {} {number} {token} {}",
                facts.company_id,
                facts.client_id,
                facts.channel_id,
                notes.join(",")
            );
            line.trim_end().to_owned()
        }
    }
}

fn row<'a>(channel_type: &'a str, account_id: &'a str, data: Option<&'a str>) -> LegacyRow<'a> {
    LegacyRow {
        channel_type,
        account_id,
        account_name: "Café 1",
        status: Some("active"),
        data,
        company_id: Some(7),
        company_exists: true,
        ..LegacyRow::default()
    }
}
