use tokio_postgres::Row;
use trunkline_core::Provider;
use trunkline_core::legacy::LegacyChannel;
use trunkline_core::secrets::{KeyRing, Place};

use crate::row::word;
use crate::{Executor, StoreError};

/// The partner accounts, as far as a row may name one: Meta's by its app, Twilio's by its account SID.
///
/// That a provider has one account alone tells nothing: a connection may have been made with an app or account of the
/// company's own, and a client that is noted under an account which does not list it counts as gone there.
pub(super) struct Accounts(Vec<(Provider, String, i32)>);

impl Accounts {
    /// What the accounts are named by; an app id that the keys do not open names none.
    pub(super) async fn read(executor: Executor<'_>, ring: &KeyRing) -> Result<Self, StoreError> {
        let query = "
            SELECT id, provider, CASE provider WHEN 'meta' THEN partner_api_key ELSE partner_id END AS name
            FROM public.partner_configurations
            WHERE provider IN ('meta', 'twilio')";
        let rows = executor.rows("read by what accounts are named", query, &[]).await?;
        let named = |row: &Row| -> Result<_, StoreError> {
            let (id, provider): (i32, Provider) = (row.get("id"), word(row, "provider")?);
            let name: Option<String> = row.get("name");
            let name = match provider {
                Provider::Meta => name.and_then(|sealed| open_app_id(ring, id, &sealed)),
                _ => name,
            };
            Ok(name.map(|name| (provider, name, id)))
        };
        rows.iter().filter_map(|row| named(row).transpose()).collect::<Result<_, _>>().map(Self)
    }

    /// The account that the row names, unless several have that name.
    pub(super) fn of(&self, channel: &LegacyChannel) -> Option<i32> {
        let provider = channel.facts.provider;
        let name = match provider {
            Provider::Meta => channel.app_id.as_deref()?,
            _ => channel.facts.client_id.as_str(),
        };
        let mut named = self.0.iter().filter(|(of, known, _)| *of == provider && known == name);
        let (.., account) = named.next()?;
        named.next().is_none().then_some(*account)
    }
}

fn open_app_id(ring: &KeyRing, account: i32, sealed: &str) -> Option<String> {
    let place = Place {
        schema: "public",
        table: "partner_configurations",
        column: "partner_api_key",
        row: &account.to_string(),
    };
    ring.open(&place, sealed).ok().map(|app_id| app_id.expose().to_owned())
}
