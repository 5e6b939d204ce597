use jiff::Timestamp;
use trunkline_core::Provider;
use trunkline_core::secrets::Place;
use trunkline_store::Executor;
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::webhooks::{ReplacedSecret, insert_replaced_secret, reserve_replaced_secret};

use super::fields::{Column, fields_of};
use super::sealed::Stored;
use crate::{Problem, State};

/// The columns of the secrets by which webhooks are verified.
fn verifying(provider: Provider) -> &'static [Column] {
    match provider {
        Provider::Dialog360 => &[Column::PartnerSecret, Column::WebhookVerifyToken],
        Provider::Meta => &[Column::PartnerSecret],
        Provider::Twilio => &[Column::AccessToken, Column::WebhookVerifyToken],
    }
}

/// Keeps the secrets that an edit replaces: the provider signs with them for a while. One that is taken
/// away is not kept.
pub(super) async fn keep(
    state: &State,
    executor: Executor<'_>,
    (before, after): (&PartnerAccount, &PartnerAccount),
    now: Timestamp,
) -> Result<(), Problem> {
    let columns = verifying(before.provider);
    for field in fields_of(before.provider).filter(|field| columns.contains(&field.column)) {
        let Stored::Secret(old) = Stored::read(&state.keys, before, field) else { continue };
        let new = Stored::read(&state.keys, after, field);
        if new.expose().is_none_or(|new| new == old.expose()) {
            continue;
        }
        let id = reserve_replaced_secret(executor).await?;
        let (schema, table, column) = ("trunkline", "replaced_secrets", "secret");
        let place = Place { schema, table, column, row: &id.to_string() };
        let replaced = ReplacedSecret {
            id,
            account_id: before.id,
            column: field.column.as_str().to_owned(),
            secret: state.keys.seal(&place, &old, &mut state.random.clone()),
            replaced_at: now,
        };
        insert_replaced_secret(executor, &replaced).await?;
    }
    Ok(())
}
