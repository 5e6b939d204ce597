//! Events: each is kept once, and what it says becomes so, with its history.
//!
//! A batch costs a fixed number of statements, whatever it holds and whatever was before.

mod facts;
mod history;
mod keep;
mod known;
mod list;
mod partitions;
mod place;
mod pulse;
mod resync;
mod subject;

use jiff::Timestamp;
use trunkline_core::events::Event;

pub use facts::{Finding, ToldBy, Weighed, record_findings, weigh_findings};
pub use history::{FactChange, list_fact_history};
pub(crate) use list::message_keys;
pub use list::{EventFilter, KeptEvent, KeptMessage, list_events, list_message_events};
pub use partitions::{add_weeks, drop_old_events, prepare_weeks};
pub use place::Place;
pub(crate) use subject::Tables;
pub use subject::{SubjectKind, SubjectRow};

use crate::clients::bind_clients;
use crate::{Executor, StoreError};

/// An event, and how it came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// `partner_configurations.id` of the account that received it.
    pub account_id: i32,
    /// The row of the inbox that it was read from.
    pub inbox_id: Option<i64>,
    /// When the body came.
    pub received_at: Timestamp,
    /// What it says.
    pub event: &'a Event,
}

impl Arrival<'_> {
    /// When it happened: not after it was told, whatever the provider's clock says.
    fn occurred_at(&self) -> Timestamp {
        let said = self.event.occurred_at.unwrap_or(self.received_at);
        said.min(self.received_at)
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is kept, and what it says is now so.
    Applied,
    /// It is kept; it was so before.
    Unchanged,
    /// It is kept; something newer was known.
    Stale,
    /// It was known: nothing is done.
    Duplicate,
    /// It is about a client or channel that no company has: nothing is done.
    Quarantined,
}

impl Outcome {
    /// The word in the tables and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Duplicate => "duplicate",
            Self::Quarantined => "quarantined",
        }
    }
}

/// Applies events in their order, in the caller's transaction; gives what became of each.
///
/// There must be room for them ([`prepare_weeks`], [`add_weeks`]): making it would hold up all others until the transaction
/// ends. Applying the same again, in this transaction or a later one, changes nothing. Events of one channel must not be
/// applied by two transactions at a time.
pub async fn apply_events(
    executor: Executor<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<Vec<Outcome>, StoreError> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    let (places, unbound) = place::find(executor, arrivals).await?;
    let mut outcomes = known::judge(executor, arrivals, &places).await?;
    let changes = facts::judge(executor, arrivals, &places, &mut outcomes).await?;
    let ids = keep::insert(executor, arrivals, &places, &mut outcomes).await?;
    changes.write(executor, &ids).await?;
    resync::request(executor, arrivals).await?;
    pulse::note(executor, arrivals).await?;
    bind_clients(executor, &unbound).await?;
    Ok(outcomes)
}
