use trunkline_core::{ChannelStatus, Provider};

/// The word for a status in this provider's table; `None`: no such channel is there.
///
/// The words of each table (the CHECKs of migrations 008, 009 and 017) are ours, except that the contract
/// calls a running number of Meta `verified`.
pub(crate) fn stored(status: ChannelStatus, provider: Provider) -> Option<&'static str> {
    match (status, provider) {
        (ChannelStatus::Running, Provider::Meta) => Some("verified"),
        (ChannelStatus::Flagged, Provider::Dialog360 | Provider::Twilio)
        | (ChannelStatus::Failed, Provider::Meta)
        | (ChannelStatus::Unverified, Provider::Dialog360) => None,
        (other, _) => Some(other.as_str()),
    }
}

/// The status for which this word stands in the provider's table.
pub(crate) fn read(provider: Provider, word: &str) -> Option<ChannelStatus> {
    ChannelStatus::ALL.iter().copied().find(|status| stored(*status, provider) == Some(word))
}

#[cfg(test)]
mod tests {
    use trunkline_core::{ChannelStatus, Provider};

    use super::{read, stored};

    /// The CHECKs of the tables, as the migrations write them.
    const TABLES: [(Provider, &str, &str); 3] = [
        (
            Provider::Dialog360,
            include_str!("../../../../migrations/008-360dialog-partner-tables.sql"),
            "dialog_360_channels_status_check",
        ),
        (
            Provider::Meta,
            include_str!("../../../../migrations/009-meta-whatsapp-partner-tables.sql"),
            "meta_whatsapp_phone_numbers_status_check",
        ),
        (
            Provider::Twilio,
            include_str!("../../../../migrations/017-twilio-tables.sql"),
            "twilio_senders_status_check",
        ),
    ];

    #[test]
    fn every_word_of_every_table_is_one_status_and_no_other_word_is_asked_for() {
        for (provider, migration, check) in TABLES {
            let (_, rest) = migration.split_once(check).unwrap();
            let (_, rest) = rest.split_once("IN (").unwrap();
            let (words, _) = rest.split_once(')').unwrap();
            let mut words: Vec<&str> =
                words.split(", ").map(|word| word.trim_matches('\'')).collect();
            let asked = ChannelStatus::ALL.iter().filter_map(|status| stored(*status, provider));
            let mut asked: Vec<&str> = asked.collect();
            words.sort_unstable();
            asked.sort_unstable();
            assert_eq!(asked, words, "{provider}");
            assert!(words.iter().all(|word| read(provider, word).is_some()));
        }
    }
}
