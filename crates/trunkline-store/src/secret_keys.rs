//! Which keys secrets of this database may stand under.

use trunkline_core::Random;
use trunkline_core::secrets::{KeyId, KeyRing, Place, Secret};

use crate::{Executor, StoreError};

/// What every check value holds.
const KNOWN: &str = "trunkline";

fn place(key: &str) -> Place<'_> {
    Place { schema: "trunkline", table: "secret_keys", column: "check_value", row: key }
}

/// Writes down that the ring's active key seals here; nothing happens when that is known.
pub async fn register_active_key(
    executor: Executor<'_>,
    ring: &KeyRing,
    mut random: Random,
) -> Result<(), StoreError> {
    let key = ring.active().to_string();
    let sealed = ring.seal(&place(&key), &Secret::new(KNOWN.to_owned()), &mut random);
    let query = "
        INSERT INTO trunkline.secret_keys (key_id, check_value)
        VALUES ($1, $2)
        ON CONFLICT DO NOTHING";
    executor.execute("write down the active key", query, &[&key, &sealed]).await?;
    Ok(())
}

/// The keys that secrets stand under and whose known value the ring does not open.
pub async fn list_unopened_keys(
    executor: Executor<'_>,
    ring: &KeyRing,
) -> Result<Vec<String>, StoreError> {
    let query = "
        SELECT key_id, check_value
        FROM trunkline.secret_keys
        ORDER BY created_at, key_id";
    let rows = executor.rows("read which keys are needed", query, &[]).await?;
    let keys = rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, &str>(1)));
    let opens = |key: &str, sealed: &str| {
        ring.open(&place(key), sealed).is_ok_and(|secret| secret.expose() == KNOWN)
    };
    Ok(keys.filter(|(key, sealed)| !opens(key, sealed)).map(|(key, _)| key).collect())
}

/// Forgets the keys under which a rotation has left nothing; the active one stays.
pub async fn forget_keys(
    executor: Executor<'_>,
    still_used: &[KeyId],
    active: KeyId,
) -> Result<(), StoreError> {
    let kept: Vec<String> = still_used.iter().chain([&active]).map(ToString::to_string).collect();
    let query = "
        DELETE FROM trunkline.secret_keys
        WHERE key_id <> ALL ($1)";
    executor.execute("forget keys that are not used", query, &[&kept]).await?;
    Ok(())
}
