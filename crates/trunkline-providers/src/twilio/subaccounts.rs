use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    api::{Fields, List, Reading, Repeat, Word, words},
    call,
    error::{Provider, ProviderError},
    twilio::{
        Api,
        api::{check_sid, read},
    },
};

words! {
    /// Whether an account is in use.
    AccountStatus {
        /// In use.
        Active = "active",
        /// Stopped.
        Suspended = "suspended",
        /// Ended; deleted after 30 days.
        Closed = "closed",
    }
}

/// A company's account under ours (`https://www.twilio.com/docs/iam/api/subaccounts`).
#[derive(Debug, Clone)]
pub struct Subaccount {
    /// `AC` and 32 hexadecimal digits.
    pub sid: Box<str>,
    /// Its name.
    pub friendly_name: Option<Box<str>>,
    /// Whether it is in use.
    pub status: Option<Word<AccountStatus>>,
    /// The parent.
    pub owner_account_sid: Option<Box<str>>,
    /// Signs its webhooks and signs in.
    pub auth_token: Option<SecretString>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// The answer as it came, without the token.
    pub raw: Value,
}

impl Reading for Subaccount {
    fn read(mut raw: Value) -> Option<Self> {
        let token = raw.as_object_mut()?.remove("auth_token");
        let token = token.as_ref().and_then(Value::as_str).filter(|token| !token.is_empty());
        let auth_token = token.map(SecretString::from);
        let fields = Fields(&raw);
        Some(Self {
            sid: fields.text("/sid")?,
            friendly_name: fields.text("/friendly_name"),
            status: fields.word("/status"),
            owner_account_sid: fields.text("/owner_account_sid"),
            auth_token,
            created_at: fields.time("/date_created"),
            raw,
        })
    }
}

impl Api {
    /// `GET /2010-04-01/Accounts.json`, every page: the subaccounts, and the parent itself.
    pub async fn accounts(&self) -> Result<List<Subaccount>, ProviderError> {
        let mut url = self.accounts_url(&["Accounts.json"]);
        url.query_pairs_mut().append_pair("PageSize", "1000");
        self.pages(url, "accounts", |url| call!("provider.twilio.accounts", Method::GET, url)).await
    }

    /// `GET /2010-04-01/Accounts/{sid}.json`.
    pub async fn account(&self, sid: &str) -> Result<Subaccount, ProviderError> {
        const CALL: &str = "provider.twilio.account";
        check_sid(CALL, sid, "AC")?;
        let url = self.accounts_url(&["Accounts", &format!("{sid}.json")]);
        let make = || call!("provider.twilio.account", Method::GET, url.clone());
        read(self.send(Repeat::Safe, make).await?, CALL)
    }

    /// `POST /2010-04-01/Accounts.json`: a parent has 1,000 at most. Never repeated, and to be journalled before it is sent.
    pub async fn create_subaccount(&self, name: &str) -> Result<Subaccount, ProviderError> {
        const CALL: &str = "provider.twilio.subaccount_create";
        let url = self.accounts_url(&["Accounts.json"]);
        let fields = [("FriendlyName", name)];
        let make =
            || call!("provider.twilio.subaccount_create", Method::POST, url.clone()).form(&fields);
        let reply = self.send(Repeat::Never, make).await?;
        let unexpected = || ProviderError::unexpected(Provider::Twilio, CALL);
        Subaccount::read(reply.into_value()).ok_or_else(unexpected)
    }

    /// `POST /2010-04-01/Accounts/{sid}.json`; the same again changes nothing more, so it is repeated.
    pub async fn set_subaccount_status(
        &self,
        sid: &str,
        status: AccountStatus,
    ) -> Result<(), ProviderError> {
        const CALL: &str = "provider.twilio.subaccount_edit";
        check_sid(CALL, sid, "AC")?;
        let url = self.accounts_url(&["Accounts", &format!("{sid}.json")]);
        let word = match status {
            AccountStatus::Active => "active",
            AccountStatus::Suspended => "suspended",
            AccountStatus::Closed => "closed",
        };
        let fields = [("Status", word)];
        let make =
            || call!("provider.twilio.subaccount_edit", Method::POST, url.clone()).form(&fields);
        self.send(Repeat::Safe, make).await.map(drop)
    }
}
