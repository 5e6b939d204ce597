//! Calls of the providers' APIs for partner accounts: with the account's credentials, within budgets that all
//! replicas share, and, where a call must not be made twice, by the journal.

mod account;
mod budget;
mod calls;
mod failed;
mod journal;
mod on_channel;
mod resolve;
pub(crate) mod standing;
mod tokens;

pub(crate) use account::ProviderAccount;
pub use calls::{create_dialog360_client, create_sender, create_subaccount};
pub(crate) use calls::{dialog360_api, meta_api, meta_api_of_channel, twilio_api, twilio_api_of};
pub(crate) use failed::failed;
pub(crate) use journal::API_KEY_CREATE;
pub use on_channel::{
    OnChannel, create_channel_key, deregister, register, request_code, verify_code, verify_sender,
};
pub use resolve::{Resolution, resolve_all, resolve_open_calls};
pub(crate) use resolve::{read_note, resolve_call, settle_call};
pub use tokens::{ProviderAccess, TokenAnswer, TokenChecks};

use std::sync::Arc;
use std::time::Duration;

use trunkline_providers::api::Caller;
use trunkline_store::partner_accounts::PartnerAccount;

use crate::{Problem, State};
pub(crate) use budget::MESSAGES;
use budget::SharedBudget;

/// How long a call waits for its turn: while somebody waits for the answer, or in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Somebody waits.
    Request,
    /// Nobody does.
    Job,
    /// Somebody waits who can come again: hardly at all.
    PassThrough,
}

impl State {
    /// What calls the provider for a partner account.
    pub(crate) fn caller(
        &self,
        account: &PartnerAccount,
        waiting: Waiting,
    ) -> Result<Caller, Problem> {
        let http = self.providers.http()?.clone();
        let caller = Caller::new(http, self.clock.clone(), self.random.clone());
        Ok(caller.within(Arc::new(self.budget(account, waiting))))
    }

    /// The budgets of a partner account.
    pub(crate) fn budget(&self, account: &PartnerAccount, waiting: Waiting) -> SharedBudget {
        let settings = &self.settings.calls;
        let patience = match waiting {
            // A call must have ended by the time at which somebody asks what became of it.
            Waiting::Request => settings.patience_seconds.min(60),
            Waiting::Job => settings.job_patience_seconds,
            Waiting::PassThrough => settings.patience_seconds.min(1),
        };
        SharedBudget {
            store: self.store.clone(),
            settings: settings.clone(),
            account_id: account.id,
            provider: account.provider,
            // What is farther ahead than an hour, a clock that was set back has left.
            patience: Duration::from_secs(patience.into()).min(Duration::from_hours(1)),
        }
    }
}
