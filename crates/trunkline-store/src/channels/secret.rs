use jiff::Timestamp;
use trunkline_core::secrets::{KeyRing, OpenError, Place, Secret};
use trunkline_core::{Provider, Random};

use crate::{Executor, QualifiedId, StoreError};

/// Where a provider's channels keep their credential: schema, table and column.
const fn place(provider: Provider) -> [&'static str; 3] {
    match provider {
        Provider::Dialog360 => ["public", "dialog_360_channels", "api_key"],
        Provider::Meta => ["public", "meta_whatsapp_phone_numbers", "access_token"],
        Provider::Twilio => ["trunkline", "twilio_senders", "auth_token"],
    }
}

/// The credential of a channel: its key at 360dialog, the company's token at Meta, the subaccount's at Twilio.
/// `None`: it has none; an error within: it does not open.
pub async fn find_channel_secret(
    executor: Executor<'_>,
    id: QualifiedId,
    keys: &KeyRing,
) -> Result<Option<Result<Secret, OpenError>>, StoreError> {
    let [schema, table, column] = place(id.provider);
    let query = format!("SELECT {column} FROM {schema}.{table} WHERE id = $1");
    let row = executor.row("look for the secret of a channel", &query, &[&id.number]).await?;
    let Some(text) = row.and_then(|row| row.get::<_, Option<String>>(0)) else { return Ok(None) };
    let row = id.number.to_string();
    Ok(Some(keys.open(&Place { schema, table, column, row: &row }, &text)))
}

/// Seals a credential into its channel.
pub async fn update_channel_secret(
    executor: Executor<'_>,
    id: QualifiedId,
    keys: &KeyRing,
    mut random: Random,
    secret: &Secret,
    now: Timestamp,
) -> Result<(), StoreError> {
    let [schema, table, column] = place(id.provider);
    let row = id.number.to_string();
    let sealed = keys.seal(&Place { schema, table, column, row: &row }, secret, &mut random);
    let query = format!("UPDATE {schema}.{table} SET {column} = $2, updated_at = $3 WHERE id = $1");
    executor.execute("write the secret of a channel", &query, &[&id.number, &sealed, &now]).await?;
    Ok(())
}
