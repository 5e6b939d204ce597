use trunkline_core::Provider;
use trunkline_core::syncs::{SyncKind, SyncState};

use super::{SyncRun, select};
use crate::database::Parameters;
use crate::{Executor, StoreError, Window};

/// Which syncs are listed; what is not given is not asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct SyncFilter {
    /// Of one partner account.
    pub account_id: Option<i32>,
    /// At one provider.
    pub provider: Option<Provider>,
    /// Of one kind.
    pub kind: Option<SyncKind>,
    /// So far.
    pub state: Option<SyncState>,
    /// Dry ones, or those that are not.
    pub is_dry: Option<bool>,
}

/// Syncs, the newest first; the window's place is the id.
pub async fn list_syncs(
    executor: Executor<'_>,
    filter: &SyncFilter,
    window: &Window<i64>,
) -> Result<Vec<SyncRun>, StoreError> {
    let query = select!(
        "
        WHERE run.id < $1
            AND ($2::INTEGER IS NULL OR run.account_id = $2)
            AND ($3::TEXT IS NULL OR account.provider = $3)
            AND ($4::TEXT IS NULL OR run.kind = $4)
            AND ($5::TEXT IS NULL OR run.state = $5)
            AND ($6::BOOLEAN IS NULL OR run.is_dry = $6)
        ORDER BY run.id DESC
        LIMIT $7"
    );
    let after = window.after.unwrap_or(i64::MAX);
    let (provider, kind) =
        (filter.provider.map(Provider::as_str), filter.kind.map(SyncKind::as_str));
    let state = filter.state.map(SyncState::as_str);
    let parameters: Parameters<'_> =
        &[&after, &filter.account_id, &provider, &kind, &state, &filter.is_dry, &window.rows()];
    let rows = executor.rows("list syncs", query, parameters).await?;
    rows.iter().map(SyncRun::read).collect()
}

/// The sync with this id.
pub async fn find_sync(executor: Executor<'_>, id: i64) -> Result<Option<SyncRun>, StoreError> {
    let query = select!(
        "
        WHERE run.id = $1"
    );
    let row = executor.row("look for a sync", query, &[&id]).await?;
    row.as_ref().map(SyncRun::read).transpose()
}
