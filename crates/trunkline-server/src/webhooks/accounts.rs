use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::HeaderName;
use jiff::SignedDuration;
use trunkline_core::Provider;
use trunkline_core::secrets::{KeyRing, OpenError, Place, Secret};
use trunkline_store::StoreError;
use trunkline_store::webhooks::{
    ReceivingAccount, ReplacedSecret, list_receiving_accounts, list_replaced_secrets,
    list_subaccount_tokens,
};

use crate::State;

/// How long what was read of the accounts is good: so long may another replica's change take to show.
const FRESH: Duration = Duration::from_secs(2);

/// What does not fit is looked at anew, but no more often than this.
const MOMENT: Duration = Duration::from_millis(250);

/// How long the tokens of a subaccount are good, and how many subaccounts are remembered.
const SUBACCOUNT_FRESH: Duration = Duration::from_mins(1);
const MOST_SUBACCOUNTS: usize = 10_000;

/// What verifies the webhooks of an account. Of each secret the one in use comes first, then those that
/// it replaced not long ago.
#[derive(Debug)]
pub(super) struct Account {
    pub id: i32,
    pub provider: Provider,
    /// The provider's id of it.
    pub partner_id: String,
    /// What the provider signs with.
    pub signing: Vec<Secret>,
    /// 360dialog: the header that it was told to send, and its value.
    pub header: Option<(HeaderName, Vec<Secret>)>,
    /// Twilio: the id of the shared key, and its secret.
    pub shared_key: Option<(String, Vec<Secret>)>,
    /// Meta: what it repeats when the URL is set.
    pub verify_token: Option<Secret>,
    /// Why a secret that is stored does not open, as the first of them says; what does not fit may be
    /// by that one, and nobody can tell.
    pub unreadable: Option<OpenError>,
}

/// The accounts, opened, in memory: a request asks the database for none.
#[derive(Default)]
pub(super) struct Accounts {
    known: RwLock<Option<Known>>,
    reading: tokio::sync::Mutex<()>,
    subaccounts: Mutex<HashMap<String, Subaccount>>,
}

/// The tokens of a Twilio subaccount, as they were read.
struct Subaccount {
    read_at: Instant,
    tokens: Arc<Tokens>,
}

/// What Twilio may sign the webhooks of a subaccount with.
pub(super) struct Tokens {
    pub open: Vec<Secret>,
    /// As of an account.
    pub unreadable: Option<OpenError>,
}

#[derive(Clone)]
struct Known {
    read_at: Instant,
    by_slug: Arc<HashMap<String, Arc<Account>>>,
}

impl Accounts {
    /// The account of a path, as it was a moment ago at most.
    pub(super) async fn find(
        &self,
        state: &State,
        slug: &str,
    ) -> Result<Option<Arc<Account>>, StoreError> {
        let found = self.at_most(FRESH, state).await?.get(slug).cloned();
        if found.is_some() {
            return Ok(found);
        }
        self.find_anew(state, slug).await
    }

    /// The account as it is now, for one that is not there or does not fit.
    pub(super) async fn find_anew(
        &self,
        state: &State,
        slug: &str,
    ) -> Result<Option<Arc<Account>>, StoreError> {
        Ok(self.at_most(MOMENT, state).await?.get(slug).cloned())
    }

    /// The tokens of a Twilio subaccount that is a company's, as they were a minute ago at most.
    pub(super) async fn subaccount(
        &self,
        state: &State,
        sid: &str,
    ) -> Result<Arc<Tokens>, StoreError> {
        self.tokens_at_most(SUBACCOUNT_FRESH, state, sid).await
    }

    /// The tokens as they are now, for a signature that does not fit.
    pub(super) async fn subaccount_anew(
        &self,
        state: &State,
        sid: &str,
    ) -> Result<Arc<Tokens>, StoreError> {
        self.tokens_at_most(MOMENT, state, sid).await
    }

    async fn tokens_at_most(
        &self,
        age: Duration,
        state: &State,
        sid: &str,
    ) -> Result<Arc<Tokens>, StoreError> {
        let now = Instant::now();
        let is_fresh = |known: &Subaccount| now.duration_since(known.read_at) < age;
        let lock = || self.subaccounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(sid).filter(|known| is_fresh(known)) {
            return Ok(Arc::clone(&known.tokens));
        }
        let connection = state.store.connection().await?;
        let sealed = list_subaccount_tokens(connection.executor(), sid).await?;
        let open = |(id, text): &(i32, String)| {
            let (schema, table, column) = ("trunkline", "twilio_senders", "auth_token");
            state.keys.open(&Place { schema, table, column, row: &id.to_string() }, text)
        };
        let unreadable = Cell::new(None);
        let mut open: Vec<Secret> =
            sealed.iter().filter_map(|one| noting(open(one), &unreadable)).collect();
        open.dedup_by(|one, other| one.expose() == other.expose());
        let tokens = Arc::new(Tokens { open, unreadable: unreadable.get() });
        let mut subaccounts = lock();
        if subaccounts.len() >= MOST_SUBACCOUNTS {
            subaccounts.retain(|_, known| now.duration_since(known.read_at) < SUBACCOUNT_FRESH);
        }
        if subaccounts.len() < MOST_SUBACCOUNTS {
            let known = Subaccount { read_at: now, tokens: Arc::clone(&tokens) };
            subaccounts.insert(sid.to_owned(), known);
        }
        Ok(tokens)
    }

    /// What is known and no older than this. While one request reads, the others go on with what there was;
    /// so they do while the database is away.
    async fn at_most(
        &self,
        age: Duration,
        state: &State,
    ) -> Result<Arc<HashMap<String, Arc<Account>>>, StoreError> {
        let known = self.known();
        if let Some(known) = known.as_ref().filter(|known| known.read_at.elapsed() < age) {
            return Ok(Arc::clone(&known.by_slug));
        }
        let turn = match (self.reading.try_lock(), known) {
            (Ok(turn), _) => turn,
            (Err(_), Some(known)) if age > MOMENT => return Ok(known.by_slug),
            (Err(_), _) => self.reading.lock().await,
        };
        // Somebody else may have read while the turn was waited for.
        let known = self.known();
        if let Some(known) = known.as_ref().filter(|known| known.read_at.elapsed() < age) {
            return Ok(Arc::clone(&known.by_slug));
        }
        let read_at = Instant::now();
        let by_slug = match (read(state).await, known) {
            (Ok(accounts), known) => {
                complain(&accounts, known.as_ref());
                Arc::new(accounts)
            }
            (Err(error), Some(known)) => {
                tracing::warn!(%error, "the partner accounts could not be read again");
                known.by_slug
            }
            (Err(error), None) => return Err(error),
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Known { read_at, by_slug: Arc::clone(&by_slug) });
        drop(turn);
        Ok(by_slug)
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(state: &State) -> Result<HashMap<String, Arc<Account>>, StoreError> {
    let hours = state.settings.webhooks.previous_secret_hours;
    let since = state.clock.now().saturating_sub(SignedDuration::from_hours(hours.into()));
    let connection = state.store.connection().await?;
    let accounts = list_receiving_accounts(connection.executor()).await?;
    let since = since.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let replaced = list_replaced_secrets(connection.executor(), since).await?;
    Ok(accounts
        .into_iter()
        .map(|account| (account.slug.clone(), Arc::new(open(&state.keys, account, &replaced))))
        .collect())
}

/// Says of each account of which a secret does not open that it takes no webhook by it, when that begins.
fn complain(accounts: &HashMap<String, Arc<Account>>, known: Option<&Known>) {
    for (slug, account) in accounts {
        let before = known.and_then(|known| known.by_slug.get(slug)?.unreadable);
        if let Some(reason) = account.unreadable.filter(|reason| before != Some(*reason)) {
            let account = account.id;
            tracing::error!(account, %reason, "a secret does not open; webhooks by it are answered with 503");
        }
    }
}

/// What opened; otherwise why the first did not.
fn noting(
    opened: Result<Secret, OpenError>,
    unreadable: &Cell<Option<OpenError>>,
) -> Option<Secret> {
    opened.inspect_err(|error| unreadable.set(unreadable.get().or(Some(*error)))).ok()
}

/// Opens the secrets of an account.
fn open(keys: &KeyRing, account: ReceivingAccount, replaced: &[ReplacedSecret]) -> Account {
    let row = account.id.to_string();
    let unreadable = Cell::new(None);
    let noting = |opened| noting(opened, &unreadable);
    let current = |column, text: &Option<String>| {
        let place = Place { schema: "public", table: "partner_configurations", column, row: &row };
        text.as_ref().and_then(|text| noting(keys.open(&place, text)))
    };
    let all = |column: &'static str, text: &Option<String>| {
        let current = current(column, text);
        // Without one in use nothing is taken: who takes a secret away wants it to end.
        let is_own = |one: &&ReplacedSecret| {
            text.is_some() && one.account_id == account.id && one.column == column
        };
        let earlier = replaced.iter().filter(is_own);
        let earlier = earlier.filter_map(|one| noting(open_replaced(keys, one)));
        current.into_iter().chain(earlier).collect::<Vec<_>>()
    };
    let verify_token = current("webhook_verify_token", &account.webhook_verify_token);
    let header = account.webhook_header.as_deref().and_then(|name| name.parse().ok());
    let signing = match account.provider {
        Provider::Meta | Provider::Dialog360 => all("partner_secret", &account.partner_secret),
        Provider::Twilio => all("access_token", &account.access_token),
    };
    let words = all("webhook_verify_token", &account.webhook_verify_token);
    let shared_key = account.config_id.filter(|_| account.provider == Provider::Twilio);
    Account {
        id: account.id,
        provider: account.provider,
        signing,
        shared_key: shared_key.filter(|_| !words.is_empty()).map(|id| (id, words.clone())),
        header: header.filter(|_| !words.is_empty()).map(|name| (name, words)),
        verify_token,
        unreadable: unreadable.get(),
        partner_id: account.partner_id,
    }
}

fn open_replaced(keys: &KeyRing, replaced: &ReplacedSecret) -> Result<Secret, OpenError> {
    let (schema, table, column) = ("trunkline", "replaced_secrets", "secret");
    let place = Place { schema, table, column, row: &replaced.id.to_string() };
    keys.open(&place, &replaced.secret)
}
