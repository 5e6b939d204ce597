//! One channel, read at its provider because somebody did something to it there.

use trunkline_store::events::{Finding, SubjectKind, SubjectRow, ToldBy, record_findings};
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::syncs::{delete_channel_hint, find_our_channel};

use super::read::Reader;
use super::trouble::Trouble;
use crate::State;

/// Reads a channel and takes over what the provider says, in the name of whoever did something to it. What cannot be read
/// now, the next sync reads: the hint at it stays.
pub(crate) async fn reread_channel(
    state: &State,
    account: &PartnerAccount,
    key: &str,
    actor: &str,
) {
    if let Err(trouble) = reread(state, account, key, actor).await {
        tracing::warn!(?trouble, channel = key, "a channel could not be read after it was changed");
    }
}

async fn reread(
    state: &State,
    account: &PartnerAccount,
    key: &str,
    actor: &str,
) -> Result<(), Trouble> {
    let ours = {
        let connection = state.store.connection().await?;
        find_our_channel(connection.executor(), account.provider, key).await?
    };
    let Some((client, channel)) = ours else { return Ok(()) };
    let reader = Reader::open(state, account)?;
    let Some(said) = reader.channel(&client.key, &channel).await? else { return Ok(()) };
    let row = SubjectRow { provider: account.provider, kind: SubjectKind::Channel, id: channel.id };
    let findings: Vec<Finding> = said
        .facts
        .into_iter()
        .map(|fact| Finding { row, fact, occurred_at: said.asked_at })
        .collect();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let (executor, now) = (transaction.executor(), state.clock.now());
    record_findings(executor, &findings, ToldBy::Operator, Some(actor), now).await?;
    delete_channel_hint(executor, account.id, key, said.asked_at).await?;
    transaction.commit().await?;
    Ok(())
}
