use reqwest::Url;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    api::{Caller, List, Reading, Repeat, items},
    error::{Failure, Kind, Provider, ProviderError},
    exchange::Reply,
    http::Call,
    report::{endpoint, given},
    twilio::{Account, BASE_URL, MESSAGING_URL, credentials::is_sid, errors::DIALECT},
};

/// The most pages of one list that are read.
const MOST_PAGES: usize = 2000;

/// Twilio, as one account speaks to it: the parent, or a subaccount with its own token.
#[derive(Debug, Clone)]
pub struct Api {
    caller: Caller,
    account: Account,
    user: String,
    password: SecretString,
}

impl Api {
    /// With the API key, or without one with the auth token.
    pub fn new(caller: Caller, account: Account) -> Result<Self, ProviderError> {
        let key = account.api_key_sid.clone().zip(given(account.api_key_secret.as_ref()).cloned());
        let token =
            || Some((account.account_sid.clone(), given(account.auth_token.as_ref())?.clone()));
        let Some((user, password)) = key.or_else(token) else {
            let what = "API key or auth token";
            return Err(ProviderError::without_credential(
                Provider::Twilio,
                "provider.twilio",
                what,
            ));
        };
        Ok(Self { caller, account, user, password })
    }

    /// With the auth token, which may do what a Standard key may not: read and make subaccounts.
    pub fn with_auth_token(caller: Caller, account: Account) -> Result<Self, ProviderError> {
        match given(account.auth_token.as_ref()).cloned() {
            Some(password) => {
                let user = account.account_sid.clone();
                Ok(Self { caller, account, user, password })
            }
            None => Self::new(caller, account),
        }
    }

    /// As a subaccount: Twilio wants a subaccount's own token for its senders.
    #[must_use]
    pub fn of_subaccount(&self, sid: &str, auth_token: SecretString) -> Self {
        let account = Account {
            account_sid: sid.to_owned(),
            auth_token: Some(auth_token.clone()),
            api_key_sid: None,
            api_key_secret: None,
            ..self.account.clone()
        };
        let caller = self.caller.clone();
        Self { caller, account, user: sid.to_owned(), password: auth_token }
    }

    /// Below the address of accounts.
    pub(super) fn accounts_url(&self, rest: &[&str]) -> Url {
        let mut segments = vec!["2010-04-01"];
        segments.extend(rest);
        endpoint(self.account.base_url.as_ref(), BASE_URL, &segments)
    }

    /// Senders, or one of them.
    pub(super) fn senders_url(
        &self,
        call: &'static str,
        sid: Option<&str>,
    ) -> Result<Url, ProviderError> {
        let base = self.account.messaging_url.as_ref().or(self.account.base_url.as_ref());
        let mut segments = vec!["v2", "Channels", "Senders"];
        if let Some(sid) = sid {
            check_sid(call, sid, "XE")?;
            segments.push(sid);
        }
        Ok(endpoint(base, MESSAGING_URL, &segments))
    }

    pub(super) async fn send(
        &self,
        repeat: Repeat,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        let make = || make().basic(&self.user, &self.password);
        self.caller.send(&DIALECT, &["requests"], repeat, make).await
    }

    /// Every entry of a list: the next page is where the answer says, if that is the same place as the first.
    pub(super) async fn pages<T: Reading>(
        &self,
        first: Url,
        name: &'static str,
        make: impl Fn(Url) -> Call + Send + Sync,
    ) -> Result<List<T>, ProviderError> {
        let mut all = List::empty();
        let mut url = first.clone();
        for _ in 0..MOST_PAGES {
            let call = make(url.clone()).name();
            let reply = self.send(Repeat::Safe, || make(url.clone())).await?;
            let (list, next) = reply.read_by(&DIALECT, call, |mut answer| {
                let next = next(&answer);
                Some((items(&mut answer, name)?, next))
            })?;
            all.append(list);
            let Some(next) = next else { return Ok(all) };
            let next = first.join(&next).ok().filter(|next| is_same_place(next, &first));
            let Some(next) = next.filter(|next| *next != url) else {
                let words = "the next page is said to be at another place";
                let (kind, failure) = (Kind::Invalid, Failure::Redirected);
                return Err(ProviderError::unsent(Provider::Twilio, call, kind, failure, words));
            };
            url = next;
        }
        let error = ProviderError::unexpected(Provider::Twilio, make(first).name());
        Err(ProviderError { failure: Failure::TooLarge, ..error })
    }
}

/// Where the next page is: `meta.next_page_url` in newer APIs, `next_page_uri` in accounts.
fn next(answer: &Value) -> Option<String> {
    let next = answer.pointer("/meta/next_page_url").or_else(|| answer.get("next_page_uri"))?;
    next.as_str().filter(|next| !next.is_empty()).map(str::to_owned)
}

/// The credentials go along, so only the query may differ.
fn is_same_place(next: &Url, first: &Url) -> bool {
    next.origin() == first.origin()
        && next.path() == first.path()
        && next.username().is_empty()
        && next.password().is_none()
}

pub(super) fn check_sid(call: &'static str, sid: &str, prefix: &str) -> Result<(), ProviderError> {
    let found = is_sid(sid, prefix);
    found.then_some(()).ok_or_else(|| ProviderError::malformed_id(Provider::Twilio, call))
}

/// Reads the answer of a call.
pub(super) fn read<T: Reading>(reply: Reply, call: &'static str) -> Result<T, ProviderError> {
    reply.read_by(&DIALECT, call, T::read)
}
