use trunkline_core::secrets::KeyRing;
use trunkline_store::secrets::{Under, count_secrets, list_secret_columns};

use super::Finding;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::keys::{refuse_missing_keys, store};

/// Whether the keys open what the database holds, and nothing stands in clear.
pub(super) async fn look(connection: &Connection, ring: &KeyRing) -> Finding {
    match counts(connection).await {
        Ok(counts) => match announced(connection, ring).await {
            Ok(()) => judge(&counts, ring),
            Err(failure) => Finding::of("keys", &failure),
        },
        Err(failure) => Finding::of("keys", &failure),
    }
}

/// Whether the start of the service would refuse the ring.
async fn announced(connection: &Connection, ring: &KeyRing) -> Result<(), Failure> {
    let pool = connection.store();
    let connection = pool.connection().await.map_err(|error| store(&error))?;
    refuse_missing_keys(connection.executor(), ring).await
}

async fn counts(connection: &Connection) -> Result<Vec<(Under, u64)>, Failure> {
    let client = connection.target.client().await?;
    let columns = list_secret_columns(&client).await.map_err(|error| store(&error))?;
    let counts = count_secrets(&client, &columns).await.map_err(|error| store(&error))?;
    Ok(counts.into_iter().map(|count| (count.under, count.rows)).collect())
}

fn judge(counts: &[(Under, u64)], ring: &KeyRing) -> Finding {
    let total = |chosen: &dyn Fn(Under) -> bool| -> u64 {
        counts.iter().filter(|(under, _)| chosen(*under)).map(|(_, rows)| rows).sum()
    };
    let lost = total(&|under| matches!(under, Under::Key(id) if !ring.contains(id)));
    let plaintext = total(&|under| matches!(under, Under::Plaintext));
    let malformed = total(&|under| matches!(under, Under::Malformed));
    let older =
        total(&|under| matches!(under, Under::Key(id) if ring.contains(id) && id != ring.active()));
    let all = total(&|_| true);
    if lost > 0 {
        let detail = format!("{lost} of {all} secrets stand under a key that is not there");
        return Finding::failed("keys", detail, "see which: trunkline keys status");
    }
    if plaintext > 0 {
        let detail = format!("{plaintext} of {all} secrets stand in clear");
        return Finding::failed("keys", detail, "encrypt them: trunkline keys encrypt-existing");
    }
    if malformed > 0 {
        let detail = format!("{malformed} of {all} secrets are malformed");
        return Finding::warning("keys", detail, "see where: trunkline keys status");
    }
    if older > 0 {
        let detail = format!("{older} of {all} secrets stand under an older key");
        return Finding::warning("keys", detail, "re-encrypt them: trunkline keys rotate");
    }
    Finding::ok("keys", format!("{all} secrets under key {}", ring.active()))
}
