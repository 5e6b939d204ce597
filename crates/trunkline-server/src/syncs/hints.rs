//! What webhooks only hinted at, asked of the provider one by one.

use trunkline_core::syncs::{SyncKind, SyncSubject};
use trunkline_store::syncs::{
    Hint, find_our_channel, find_our_client, insert_sync, list_hints, move_hint,
};

use super::full::Sync;
use super::trouble::Trouble;
use super::unit::Unit;

/// So many are read at once.
const BATCH: i64 = 50;

impl Sync<'_> {
    /// Follows every hint of the account, also those that come meanwhile.
    pub(super) async fn hints(&self) -> Result<(), Trouble> {
        loop {
            let hints = {
                let connection = self.state.store.connection().await?;
                list_hints(connection.executor(), self.account.id, BATCH).await?
            };
            if hints.is_empty() {
                return Ok(());
            }
            for hint in hints {
                self.hint(hint).await?;
            }
        }
    }

    /// Asks what became of one thing; the hint goes with what the answer changes, or if nobody has the thing.
    async fn hint(&self, hint: Hint) -> Result<(), Trouble> {
        let (mut unit, mut asked) = (Unit::default(), 0);
        let (provider, key) = (self.provider(), hint.key.as_str());
        match hint.subject {
            SyncSubject::Account => self.ask_for_all().await?,
            SyncSubject::Client => {
                let ours = {
                    let connection = self.state.store.connection().await?;
                    find_our_client(connection.executor(), provider, key).await?
                };
                if let Some(ours) = ours {
                    if self.leave_to_another(&hint, ours.account_id).await? {
                        return Ok(());
                    }
                    self.lacking(&mut unit, &ours, &mut asked).await?;
                }
            }
            SyncSubject::Channel => {
                let ours = {
                    let connection = self.state.store.connection().await?;
                    find_our_channel(connection.executor(), provider, key).await?
                };
                if let Some((client, channel)) = ours {
                    if self.leave_to_another(&hint, client.account_id).await? {
                        return Ok(());
                    }
                    self.channel(&mut unit, &client, &channel).await?;
                }
            }
        }
        unit.hints.push(hint);
        unit.commit(self.state, self.run, self.worker).await
    }

    /// Whether another account has the client: accounts of one app share its webhooks, and this one's credential would not find
    /// what belongs to that.
    async fn leave_to_another(&self, hint: &Hint, account: Option<i32>) -> Result<bool, Trouble> {
        let Some(other) = account.filter(|account| *account != self.account.id) else {
            return Ok(false);
        };
        let connection = self.state.store.connection().await?;
        move_hint(connection.executor(), self.account.id, other, hint).await?;
        Ok(true)
    }

    /// A hint at the whole account is one for a full sync.
    async fn ask_for_all(&self) -> Result<(), Trouble> {
        let connection = self.state.store.connection().await?;
        let (id, now) = (self.account.id, self.state.clock.now());
        insert_sync(connection.executor(), id, SyncKind::Full, false, "webhooks", now).await?;
        Ok(())
    }
}
