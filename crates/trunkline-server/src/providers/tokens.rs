//! Asks the providers about tokens of legacy connections, each within the budgets that all replicas share.
//!
//! A refusal says something of the token; that a provider does not answer says nothing of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use secrecy::SecretString;
use trunkline_core::configuration::{Calls, Providers};
use trunkline_core::legacy::{Conflict, Facts, LegacyChannel, Note, phone_number};
use trunkline_core::secrets::KeyRing;
use trunkline_core::{Clock, Provider, Random};
use trunkline_migrate::Interrupt;
use trunkline_providers::api::Caller;
use trunkline_providers::error::{Failure, Kind as ErrorKind, ProviderError};
use trunkline_providers::http::Url;
use trunkline_providers::twilio::AccountStatus;
use trunkline_providers::{dialog360, meta, twilio};
use trunkline_store::partner_accounts::{
    PartnerAccount, find_default, find_heir, find_partner_account,
};
use trunkline_store::{Store, StoreError};

use super::ProviderAccount;
use super::budget::SharedBudget;
use crate::{Problem, ProviderClient, State};

/// So many tokens are asked about at once.
const AT_ONCE: usize = 8;

/// A provider that does not answer so many times in a row is not asked again.
const PATIENCE: u32 = 10;

/// How long is rested before a budget is asked again.
const SHORTEST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_mins(1);

/// What calls of the providers need of a service, or of a command that works without one.
#[derive(Clone, Copy)]
pub struct ProviderAccess<'a> {
    /// The database, with the partner accounts and their budgets.
    pub store: &'a Store,
    /// What opens the accounts' credentials.
    pub keys: &'a KeyRing,
    /// The providers' addresses.
    pub providers: &'a Providers,
    /// How often they are called.
    pub calls: &'a Calls,
    /// What calls them.
    pub client: &'a ProviderClient,
    /// What tells the time.
    pub clock: &'a Clock,
    /// Where jitter comes from.
    pub random: &'a Random,
}

impl<'a> From<&'a State> for ProviderAccess<'a> {
    fn from(state: &'a State) -> Self {
        Self {
            store: &state.store,
            keys: &state.keys,
            providers: &state.settings.providers,
            calls: &state.settings.calls,
            client: &state.providers,
            clock: &state.clock,
            random: &state.random,
        }
    }
}

/// What a provider said of a token; the words are the provider's, or ours where it was not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenAnswer {
    /// It works, and reaches the number.
    Good,
    /// It works, and somebody should know something.
    Noted(Note, String),
    /// It does not.
    Refused(Conflict, String),
    /// Nothing is known of it.
    Unknown(String),
}

/// Asks about tokens; one for a whole plan.
pub struct TokenChecks {
    clock: Clock,
    /// By default account, or why there is none.
    meta: Result<meta::Api, String>,
    dialog360: Result<dialog360::Api, String>,
    twilio: Result<twilio::Api, String>,
    messaging: Option<Url>,
    /// How often in a row each did not answer.
    silent: [AtomicU32; 3],
}

impl TokenChecks {
    /// By the default partner account of each provider.
    pub async fn open(access: ProviderAccess<'_>) -> Result<Self, Problem> {
        let meta = match open(access, Provider::Meta).await? {
            Ok((caller, account)) => meta::Api::new(caller, account.meta()?).map_err(words),
            Err(why) => Err(why),
        };
        let dialog360 = match open(access, Provider::Dialog360).await? {
            Ok((caller, account)) => {
                dialog360::Api::new(caller, account.dialog360()?).map_err(words)
            }
            Err(why) => Err(why),
        };
        let twilio = match open(access, Provider::Twilio).await? {
            Ok((caller, account)) => {
                twilio::Api::with_auth_token(caller, account.twilio()?).map_err(words)
            }
            Err(why) => Err(why),
        };
        let messaging = access.providers.dialog360_messaging_url.parse().ok();
        let (clock, silent) = (access.clock.clone(), Default::default());
        Ok(Self { clock, meta, dialog360, twilio, messaging, silent })
    }

    /// Asks about these, several at once; fewer answers than channels come when it is asked to stop.
    ///
    /// `progress` hears how many were answered.
    pub async fn ask_all(
        &self,
        channels: &[&LegacyChannel],
        interrupt: &Interrupt,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Vec<TokenAnswer> {
        let mut answers = Vec::with_capacity(channels.len());
        for some in channels.chunks(AT_ONCE * 16) {
            let asking: Vec<_> = some.iter().map(|channel| self.ask(channel)).collect();
            let mut asking = stream::iter(asking).buffered(AT_ONCE);
            loop {
                let answer = tokio::select! {
                    answer = asking.next() => answer,
                    () = interrupt.requested() => return answers,
                };
                let Some(answer) = answer else { break };
                answers.push(answer);
                progress(answers.len());
            }
        }
        answers
    }

    /// Asks about the token of one, again where our budget or the provider's says when.
    async fn ask(&self, channel: &LegacyChannel) -> TokenAnswer {
        let Some(secret) = &channel.secret else {
            return TokenAnswer::Unknown("it has no token".to_owned());
        };
        let secret = SecretString::from(secret.expose());
        let silent = &self.silent[match channel.facts.provider {
            Provider::Dialog360 => 0,
            Provider::Meta => 1,
            Provider::Twilio => 2,
        }];
        loop {
            if silent.load(Ordering::Relaxed) >= PATIENCE {
                let words = format!("no answer {PATIENCE} times in a row; not asked again");
                return TokenAnswer::Unknown(words);
            }
            let error = match self.ask_once(&channel.facts, &secret).await {
                Ok(answer) => {
                    silent.store(0, Ordering::Relaxed);
                    return answer;
                }
                Err(error) => error,
            };
            if let ErrorKind::Throttled { until } = error.kind {
                let rest = Duration::try_from(until.duration_since(self.clock.now()));
                let rest = rest.unwrap_or_default().clamp(SHORTEST_REST, LONGEST_REST);
                tokio::time::sleep(rest).await;
                continue;
            }
            let answer = of_error(&error);
            let is_unknown = matches!(answer, TokenAnswer::Unknown(_));
            if is_unknown && error.failure != Failure::Refused {
                silent.fetch_add(1, Ordering::Relaxed);
            } else {
                silent.store(0, Ordering::Relaxed);
            }
            return answer;
        }
    }

    async fn ask_once(
        &self,
        facts: &Facts,
        secret: &SecretString,
    ) -> Result<TokenAnswer, ProviderError> {
        let why = match facts.provider {
            Provider::Meta => match &self.meta {
                Ok(api) => {
                    let api = api.clone().with_token(secret.clone());
                    let number = facts.phone_number.as_deref();
                    return ask_meta(api, &facts.channel_id, number).await;
                }
                Err(why) => why,
            },
            Provider::Dialog360 => match &self.dialog360 {
                Ok(api) => {
                    api.number_webhook(self.messaging.as_ref(), secret).await?;
                    return Ok(TokenAnswer::Good);
                }
                Err(why) => why,
            },
            Provider::Twilio => match &self.twilio {
                Ok(api) => {
                    let api = api.of_subaccount(&facts.client_id, secret.clone());
                    return api.account(&facts.client_id).await.map(|account| of_account(&account));
                }
                Err(why) => why,
            },
        };
        Ok(TokenAnswer::Unknown(why.clone()))
    }
}

fn words(error: ProviderError) -> String {
    error.message.into_string()
}

/// The default account of a provider with what calls for it, or why there is none.
async fn open(
    access: ProviderAccess<'_>,
    provider: Provider,
) -> Result<Result<(Caller, ProviderAccount), String>, Problem> {
    let Some(account) = find_account(access.store, provider).await? else {
        let name = provider.name();
        return Ok(Err(format!("there is no active partner account of {name}; add one first")));
    };
    let patience = Duration::from_secs(access.calls.job_patience_seconds.into());
    let budget = SharedBudget {
        store: access.store.clone(),
        settings: access.calls.clone(),
        account_id: account.id,
        provider,
        patience: patience.min(Duration::from_hours(1)),
    };
    let http = access.client.http()?.clone();
    let caller = Caller::new(http, access.clock.clone(), access.random.clone());
    let opened = ProviderAccount::open_with(access.keys, access.providers, &account);
    Ok(Ok((caller.within(Arc::new(budget)), opened)))
}

async fn find_account(
    store: &Store,
    provider: Provider,
) -> Result<Option<PartnerAccount>, StoreError> {
    let connection = store.connection().await?;
    let executor = connection.executor();
    let id = match find_default(executor, provider).await? {
        Some(id) => Some(id),
        None => find_heir(executor, provider, 0).await?,
    };
    match id {
        Some(id) => find_partner_account(executor, id).await,
        None => Ok(None),
    }
}

/// What a refusal says of the token; only what the provider itself answered says anything.
fn of_error(error: &ProviderError) -> TokenAnswer {
    let words = error.message.to_string();
    if error.failure == Failure::Credential {
        return TokenAnswer::Refused(Conflict::TokenRejected, words);
    }
    if error.failure != Failure::Answered {
        return TokenAnswer::Unknown(error.to_string());
    }
    match error.kind {
        ErrorKind::Authentication => TokenAnswer::Refused(Conflict::TokenRejected, words),
        ErrorKind::Permission | ErrorKind::NotFound | ErrorKind::Invalid => {
            TokenAnswer::Refused(Conflict::TokenElsewhere, words)
        }
        ErrorKind::Throttled { .. } | ErrorKind::Transient => {
            TokenAnswer::Unknown(error.to_string())
        }
    }
}

/// Reads the number with the token. A token of another app is refused with our app's proof, and asked about without it.
async fn ask_meta(
    api: meta::Api,
    number: &str,
    expected: Option<&str>,
) -> Result<TokenAnswer, ProviderError> {
    let (found, is_ours) = match api.phone_number(number).await {
        Err(error) if error.message.contains("appsecret_proof") => {
            (api.without_proof().phone_number(number).await?, false)
        }
        read => (read?, true),
    };
    let shown = found.display_phone_number.as_deref().unwrap_or_default();
    let differs =
        expected.zip(phone_number(shown)).is_some_and(|(expected, found)| found != expected);
    Ok(if differs {
        TokenAnswer::Noted(Note::NumberDiffers, shown.to_owned())
    } else if is_ours {
        TokenAnswer::Good
    } else {
        TokenAnswer::Noted(Note::OtherApp, "Meta refused the proof of our app".to_owned())
    })
}

fn of_account(account: &twilio::Subaccount) -> TokenAnswer {
    match &account.status {
        Some(status) if !status.is(AccountStatus::Active) => {
            TokenAnswer::Noted(Note::AccountNotActive, status.as_str().to_owned())
        }
        _ => TokenAnswer::Good,
    }
}
