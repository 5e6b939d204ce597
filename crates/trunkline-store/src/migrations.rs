use trunkline_migrate::source::{EmbeddedFile, Source, SourceError};

use crate::{Executor, StoreError};

/// The label under which the set stands in the ledger.
pub const LABEL: &str = "trunkline";

/// What the set makes, for `verify`; recorded from a scratch database, and a test keeps it true.
pub const CATALOG: &str = include_str!("../../../migrations/catalog.json");

/// Embeds files of the folder `migrations` under their own names.
macro_rules! embed {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_bytes!(concat!("../../../migrations/", $file)))),*]
    };
}

const FILES: &[EmbeddedFile<'static>] = embed![
    "007-partner-configurations.down.sql",
    "007-partner-configurations.sql",
    "008-360dialog-partner-tables.down.sql",
    "008-360dialog-partner-tables.sql",
    "009-meta-whatsapp-partner-tables.down.sql",
    "009-meta-whatsapp-partner-tables.sql",
    "010-upgrade-partner-tables.down.sql",
    "010-upgrade-partner-tables.sql",
    "011-upgrade-partner-keys.down.sql",
    "011-upgrade-partner-keys.sql",
    "012-describe-partner-tables.down.sql",
    "012-describe-partner-tables.sql",
    "013-users.down.sql",
    "013-users.sql",
    "014-api-keys.down.sql",
    "014-api-keys.sql",
    "015-audit-log.down.sql",
    "015-audit-log.sql",
    "016-partner-account-details.down.sql",
    "016-partner-account-details.sql",
    "017-twilio-tables.down.sql",
    "017-twilio-tables.sql",
    "018-secret-keys.down.sql",
    "018-secret-keys.sql",
    "019-list-indexes.down.sql",
    "019-list-indexes.sql",
    "021-import-sources.down.sql",
    "021-import-sources.sql",
    "022-lists.down.sql",
    "022-lists.sql",
    "023-list-order.down.sql",
    "023-list-order.sql",
    "024-webhook-inbox.down.sql",
    "024-webhook-inbox.sql",
    "025-replaced-secrets.down.sql",
    "025-replaced-secrets.sql",
    "026-events.down.sql",
    "026-events.sql",
    "027-alerts.down.sql",
    "027-alerts.sql",
    "028-provider-calls.down.sql",
    "028-provider-calls.sql",
    "029-client-accounts.down.sql",
    "029-client-accounts.sql",
    "030-syncs.down.sql",
    "030-syncs.sql",
    "031-alert-deliveries.down.sql",
    "031-alert-deliveries.sql",
    "031-alert-order.down.sql",
    "031-alert-order.sql",
    "031-channel-search.down.sql",
    "031-channel-search.sql",
    "032-import-decisions.down.sql",
    "032-import-decisions.sql",
    "033-api-key-permissions.down.sql",
    "033-api-key-permissions.sql",
    "034-client-account-indexes.down.sql",
    "034-client-account-indexes.sql",
    "035-provider-outages.down.sql",
    "035-provider-outages.sql",
    "036-channel-words.down.sql",
    "036-channel-words.sql",
    "039-account-lists.down.sql",
    "039-account-lists.sql",
    "039-account-order.down.sql",
    "039-account-order.sql",
    "039-serving-account.down.sql",
    "039-serving-account.sql",
    "040-audit-hash.down.sql",
    "040-audit-hash.sql",
    "041-provider-call-subjects.down.sql",
    "041-provider-call-subjects.sql",
];

/// The Partner API migrations that this binary carries.
pub fn partner_migrations() -> Result<Source, SourceError> {
    Source::embedded(LABEL, FILES)
}

/// The last run in the history, of whatever migration and direction.
pub async fn find_last_migration_run(executor: Executor<'_>) -> Result<Option<i64>, StoreError> {
    let query = "
        SELECT max(id)
        FROM trunkline.migration_history";
    let row = executor.row("look for the last run of a migration", query, &[]).await?;
    Ok(row.and_then(|row| row.get(0)))
}

#[cfg(test)]
mod tests {
    use super::{FILES, partner_migrations};

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|file| std::path::Path::new(file).extension() == Some("sql".as_ref()))
            .collect();
        files.sort();
        assert_eq!(files, FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>());
    }

    #[test]
    fn the_operators_page_counts_what_needs_a_direct_connection() {
        const WORDS: [&str; 12] = [
            "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven",
        ];
        let set = partner_migrations().unwrap();
        let alone = set.migrations().iter().filter(|it| it.up.directives.no_transaction).count();
        let page = include_str!("../../../docs/migrations.md");
        let said = format!("as {} of the embedded set do", WORDS[alone]);
        assert!(page.contains(&said), "docs/migrations.md does not say `{said}`");
    }

    #[test]
    fn every_migration_can_be_taken_back() {
        for migration in partner_migrations().unwrap().migrations() {
            assert!(migration.has_down(), "{}", migration.name);
            assert!(migration.up.body().is_ok(), "{}", migration.name);
        }
    }
}
