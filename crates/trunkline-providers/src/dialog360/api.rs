use reqwest::{
    Url,
    header::{ACCEPT, HeaderName},
};
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    api::{Caller, List, Reading, Repeat, items},
    dialog360::{Account, BASE_URL, errors::DIALECT},
    error::{Failure, Provider, ProviderError},
    exchange::Reply,
    http::Call,
    report::{endpoint, given, is_identifier},
};

/// Where messages of a number go when its key names no address.
pub const MESSAGING_URL: &str = "https://waba-v2.360dialog.io";

/// Every call of the Partner API; integrators see 5 in 30 seconds.
pub(super) const PARTNER: &str = "partner";

/// The budget of every call of the Messaging API.
pub const MESSAGING: &str = "messaging";

/// The most pages of one list that are read: one that never ends is a lie.
const MOST_PAGES: usize = 2000;

const PARTNER_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The Partner API, as one partner account speaks to it.
#[derive(Debug, Clone)]
pub struct Api {
    caller: Caller,
    account: Account,
    key: SecretString,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// So many entries at most.
    pub limit: usize,
    /// Behind so many.
    pub offset: usize,
    /// Fields and their values, dotted paths allowed: `{"id": "exampleCH"}`. 360dialog refuses fields it does not know.
    pub filters: Option<Value>,
    /// A field, with `-` before it for the last first.
    pub sort: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        // Real integrations page by 200; the greatest that is allowed is not documented.
        Self { limit: 200, offset: 0, filters: None, sort: Some("created_at".to_owned()) }
    }
}

impl Page {
    /// The entries with this id, of which there is one at most.
    pub fn of_id(id: &str) -> Self {
        Self { filters: Some(serde_json::json!({ "id": id })), limit: 2, ..Self::default() }
    }
}

impl Api {
    /// Needs the Partner API key.
    pub fn new(caller: Caller, account: Account) -> Result<Self, ProviderError> {
        let Some(key) = given(account.api_key.as_ref()).cloned() else {
            let (call, what) = ("provider.360dialog", "Partner API key");
            return Err(ProviderError::without_credential(Provider::Dialog360, call, what));
        };
        Ok(Self { caller, account, key })
    }

    /// Below the partner's own path.
    pub(super) fn url(&self, call: &'static str, rest: &[&str]) -> Result<Url, ProviderError> {
        let mut segments = vec!["partners", self.account.partner_id.as_str()];
        segments.extend(rest);
        if !segments.iter().all(|segment| is_identifier(segment)) {
            return Err(ProviderError::malformed_id(Provider::Dialog360, call));
        }
        Ok(endpoint(self.account.base_url.as_ref(), BASE_URL, &segments))
    }

    /// Sends with the partner's key.
    pub(super) async fn send(
        &self,
        repeat: Repeat,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        self.send_within(&[PARTNER], repeat, make).await
    }

    /// The same, out of more budgets than the partner's.
    pub(super) async fn send_within(
        &self,
        budgets: &[&str],
        repeat: Repeat,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        let make = || {
            let call = make().header(ACCEPT, "application/json");
            call.secret_header(PARTNER_KEY, &self.key)
        };
        self.caller.send(&DIALECT, budgets, repeat, make).await
    }

    /// One page of the list that stands under `name`, and how many entries there are in all, if that is told.
    pub(super) async fn page<T: Reading>(
        &self,
        page: &Page,
        name: &'static str,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<(List<T>, Option<usize>), ProviderError> {
        let (list, total, _) = self.part(page, name, make).await?;
        Ok((list, total))
    }

    /// The same, and how many entries a page has at most: 360dialog may give fewer than were asked for.
    async fn part<T: Reading>(
        &self,
        page: &Page,
        name: &'static str,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<(List<T>, Option<usize>, usize), ProviderError> {
        let call = make().name();
        let make = || {
            let mut call = make()
                .query("limit", &page.limit.to_string())
                .query("offset", &page.offset.to_string());
            if let Some(sort) = &page.sort {
                call = call.query("sort", sort);
            }
            match &page.filters {
                Some(filters) => call.query("filters", &filters.to_string()),
                None => call,
            }
        };
        let reply = self.send(Repeat::Safe, make).await?;
        reply.read_by(&DIALECT, call, |mut answer| {
            let number = |name: &str| usize::try_from(answer.get(name)?.as_u64()?).ok();
            let (total, most) = (number("total"), number("limit").unwrap_or(page.limit));
            let list = items(&mut answer, name)?;
            Some((list, total, most.min(page.limit)))
        })
    }

    /// Every page: until one is short, or as many came as there are.
    pub(super) async fn pages<T: Reading>(
        &self,
        name: &'static str,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<List<T>, ProviderError> {
        let mut all = List::empty();
        for _ in 0..MOST_PAGES {
            let page = Page { offset: all.came(), ..Page::default() };
            let (list, total, most) = self.part(&page, name, &make).await?;
            let came = list.came();
            all.append(list);
            let is_all = total.map_or(came < most, |total| all.came() >= total);
            if is_all || came == 0 {
                // An empty page although more is promised: the rest is there, and was not told.
                all.is_whole &= total.is_none_or(|total| all.came() >= total);
                return Ok(all);
            }
        }
        let error = ProviderError::unexpected(Provider::Dialog360, make().name());
        Err(ProviderError { failure: Failure::TooLarge, ..error })
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// Reads the answer of a call.
pub(super) fn read<T: Reading>(reply: Reply, call: &'static str) -> Result<T, ProviderError> {
    reply.read_by(&DIALECT, call, T::read)
}
