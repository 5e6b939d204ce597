use reqwest::Url;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    api::{Caller, List, Reading, Repeat, items},
    error::{Failure, Kind, Provider, ProviderError},
    exchange::Reply,
    http::Call,
    meta::{
        Account, BASE_URL, Version, app_token, appsecret_proof, errors::DIALECT,
        version::NotVersion,
    },
    report::{endpoint, given, is_identifier},
};

/// How many entries of a list come at once: the most that Meta gives.
const PAGE: &str = "100";

/// The most pages of one list that are read.
const MOST_PAGES: usize = 2000;

/// The Graph API, as one app speaks to it with one token.
#[derive(Debug, Clone)]
pub struct Api {
    caller: Caller,
    account: Account,
    version: Version,
    /// `None`: calls that name their credentials themselves.
    token: Option<SecretString>,
}

impl Api {
    /// With the account's system-user token, if it has one.
    pub fn new(caller: Caller, account: Account) -> Result<Self, ProviderError> {
        let version = account.graph_version.parse().map_err(|malformed: NotVersion| {
            let (kind, failure) = (Kind::Invalid, Failure::Refused);
            ProviderError::unsent(
                Provider::Meta,
                "provider.meta",
                kind,
                failure,
                malformed.to_string(),
            )
        })?;
        let token = given(account.system_user_token.as_ref()).cloned();
        Ok(Self { caller, account, version, token })
    }

    /// With a company's business token in place of our own.
    #[must_use]
    pub fn with_token(mut self, token: SecretString) -> Self {
        self.token = Some(token);
        self
    }

    /// Without the proof of the app secret, which a token of another app refuses.
    #[must_use]
    pub fn without_proof(mut self) -> Self {
        self.account.app_secret = None;
        self
    }

    pub(super) fn url(&self, call: &'static str, path: &[&str]) -> Result<Url, ProviderError> {
        if !path.iter().all(|segment| is_identifier(segment)) {
            return Err(ProviderError::malformed_id(Provider::Meta, call));
        }
        let version = self.version.to_string();
        let mut segments = vec![version.as_str()];
        segments.extend(path);
        Ok(endpoint(self.account.base_url.as_ref(), BASE_URL, &segments))
    }

    /// The id of our own portfolio.
    pub(super) fn business(&self) -> &str {
        &self.account.business_id
    }

    /// The app's id and secret.
    pub(super) fn app(&self, call: &'static str) -> Result<(&str, &SecretString), ProviderError> {
        match given(self.account.app_secret.as_ref()) {
            Some(secret) if !self.account.app_id.is_empty() => Ok((&self.account.app_id, secret)),
            _ => Err(ProviderError::without_credential(Provider::Meta, call, "app id and secret")),
        }
    }

    /// Sends with the token and the proof that it is our app that holds it.
    ///
    /// Meta counts by app and WhatsApp Business Account: `budget` names the latter, or what else is counted.
    pub(super) async fn send(
        &self,
        budget: &str,
        repeat: Repeat,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        let Some(token) = &self.token else {
            let call = make().name();
            return Err(ProviderError::without_credential(Provider::Meta, call, "token"));
        };
        let secret = given(self.account.app_secret.as_ref());
        let proof = secret.map(|secret| (secret, appsecret_proof(secret, token)));
        let make = || {
            let call = make().bearer(token);
            match &proof {
                Some((secret, proof)) => call.hiding(secret).secret_query("appsecret_proof", proof),
                None => call,
            }
        };
        self.caller.send(&DIALECT, &[budget], repeat, make).await
    }

    /// Sends with the app's own token, which needs no proof.
    pub(super) async fn send_as_app(
        &self,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        let (id, secret) = self.app(make().name())?;
        let token = app_token(id, secret);
        let make = || make().bearer(&token).hiding(secret);
        self.caller.send(&DIALECT, &["app"], Repeat::Safe, make).await
    }

    /// Sends as it stands: the call holds the credentials.
    pub(super) async fn send_bare(
        &self,
        repeat: Repeat,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<Reply, ProviderError> {
        self.caller.send(&DIALECT, &["app"], repeat, make).await
    }

    /// Every entry of a list, page by page.
    ///
    /// The next page is asked for by `after`: `next` is a URL with the token in it, and might lead anywhere.
    pub(super) async fn pages<T: Reading>(
        &self,
        budget: &str,
        make: impl Fn() -> Call + Send + Sync,
    ) -> Result<List<T>, ProviderError> {
        let mut all = List::empty();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let make = || match &after {
                Some(after) => make().query("limit", PAGE).query("after", after),
                None => make().query("limit", PAGE),
            };
            let name = make().name();
            let reply = self.send(budget, Repeat::Safe, make).await?;
            let (list, next) = reply.read_by(&DIALECT, name, |mut answer| {
                let next = next(&answer);
                let mut list = items(&mut answer, "data")?;
                list.is_whole =
                    next.is_some() || answer.pointer("/paging/next").is_none_or(Value::is_null);
                Some((list, next))
            })?;
            all.append(list);
            if next.is_none() || next == after {
                // The same page again is no end.
                all.is_whole &= next.is_none();
                return Ok(all);
            }
            after = next;
        }
        let error = ProviderError::unexpected(Provider::Meta, make().name());
        Err(ProviderError { failure: Failure::TooLarge, ..error })
    }
}

/// The cursor of the next page; on the last one there may be a cursor, and there is no `next`.
fn next(answer: &Value) -> Option<String> {
    answer.pointer("/paging/next").filter(|next| next.is_string())?;
    answer.pointer("/paging/cursors/after")?.as_str().map(str::to_owned)
}

/// Reads the answer of a call.
pub(super) fn read<T: Reading>(reply: Reply, call: &'static str) -> Result<T, ProviderError> {
    reply.read_by(&DIALECT, call, T::read)
}

/// Reads the answer of a call that does something: `{"success": true}`. An id in its place is as good.
pub(super) fn done(reply: Reply, call: &'static str) -> Result<(), ProviderError> {
    reply.read_by(&DIALECT, call, |answer| {
        (answer.get("success").and_then(Value::as_bool) != Some(false)).then_some(())
    })
}

/// Sends a call with `fields`, and once more without a field that this version does not know.
///
/// How Meta words that is not certain: code 100, and the field's name in the message.
pub(super) async fn with_fields<T, F, R>(fields: &[&str], ask: F) -> Result<T, ProviderError>
where
    F: Fn(String) -> R + Send,
    R: Future<Output = Result<T, ProviderError>> + Send,
{
    let mut fields = fields.to_vec();
    loop {
        let error = match ask(fields.join(",")).await {
            Err(error) if error.code.as_deref() == Some("100") => error,
            other => return other,
        };
        let named = |field: &&str| error.message.contains(&format!("({field})"));
        let Some(unknown) = fields.iter().position(named) else { return Err(error) };
        tracing::warn!(field = fields[unknown], "Meta does not know a field; it is left out");
        fields.remove(unknown);
    }
}
