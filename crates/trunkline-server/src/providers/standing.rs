//! Whether the providers answer, out of what syncs noted.

use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::Provider;
use trunkline_store::outages::{AccountAnswers, Outage, list_account_answers, list_open_outages};
use trunkline_store::{Executor, StoreError};

/// Whether a provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answering {
    /// It does.
    Answers,
    /// To some calls it does not, which is no outage yet.
    Failing,
    /// It does not: its syncs pause.
    Silent,
    /// Nothing was asked yet.
    Unknown,
}

impl Answering {
    pub(crate) const ALL: &[Self] = &[Self::Answers, Self::Failing, Self::Silent, Self::Unknown];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Failing => "failing",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
        }
    }
}

/// How a provider stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) provider: Provider,
    pub(crate) answering: Answering,
    /// Since when it is silent, or failing.
    pub(crate) since: Option<Timestamp>,
    pub(crate) outage: Option<Outage>,
    /// When it last answered.
    pub(crate) answered_at: Option<Timestamp>,
    /// What the last failure was.
    pub(crate) reason: Option<String>,
    /// How it answers each account that is in use.
    pub(crate) accounts: Vec<AccountAnswers>,
}

/// How each provider stands.
pub(crate) async fn of_providers(executor: Executor<'_>) -> Result<Vec<Standing>, StoreError> {
    let mut outages = list_open_outages(executor).await?;
    let accounts = list_account_answers(executor).await?;
    let standing = |provider: &Provider| {
        let at = outages.iter().position(|outage| outage.provider == *provider);
        let outage = at.map(|at| outages.swap_remove(at));
        let of = accounts.iter().filter(|account| account.provider == *provider);
        Standing::new(*provider, outage, of.cloned().collect())
    };
    Ok(Provider::ALL.iter().map(standing).collect())
}

impl Standing {
    fn new(provider: Provider, outage: Option<Outage>, accounts: Vec<AccountAnswers>) -> Self {
        let answered_at = accounts.iter().filter_map(|account| account.answered_at).max();
        let failing = accounts.iter().filter(|account| account.failures > 0);
        let failing = failing.max_by_key(|account| account.failing_since);
        let answering = match (&outage, failing) {
            (Some(_), _) => Answering::Silent,
            (None, Some(_)) => Answering::Failing,
            (None, None) if answered_at.is_some() => Answering::Answers,
            (None, None) => Answering::Unknown,
        };
        let since = outage
            .as_ref()
            .map(|outage| outage.began_at)
            .or_else(|| failing.and_then(|account| account.failing_since));
        let reason = outage
            .as_ref()
            .map(|outage| outage.reason.clone())
            .or_else(|| failing.and_then(|account| account.reason.clone()));
        Self { provider, answering, since, outage, answered_at, reason, accounts }
    }
}
