//! A service with a database of its own, a standing clock and repeatable random bits.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use confique::{Config as _, Layer as _};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use tower::ServiceExt;
use trunkline_core::configuration::{Configuration, SignIn};
use trunkline_core::secrets::{Key, KeyId, KeyRing, Secret};
use trunkline_core::{Clock, Random};
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;
use trunkline_server::{Metrics, Oidc, ProviderClient, Settings, State, Webhooks, router};
use trunkline_store::secret_keys::register_active_key;
use trunkline_store::{PoolOptions, Store, partner_migrations};

/// A platform of two companies, 1 and 2, with the migrated tables.
const PLATFORM: &str = "
    CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO companies VALUES (1, 'Bakery Alpha'), (2, 'Garage Beta');";

/// The service in process; nothing listens.
pub(crate) struct Service {
    pub state: State,
    pub client: Client,
    pub clock: Clock,
    router: Router,
    _database: TestDatabase,
}

/// What came back.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Service {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::from_template("service", async |url| {
            let target = Target::parse(&url)?;
            target.client().await?.batch_execute(PLATFORM).await?;
            let migrator = Migrator::new(partner_migrations()?, target, Options::default());
            migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        let database = database.await.unwrap();
        let target = Target::parse(&database.url()).unwrap();
        let clock = Clock::standing("2026-01-02T03:04:05Z".parse::<Timestamp>().unwrap());
        let settings = <Configuration as confique::Config>::Layer::default_values();
        let mut configuration = Configuration::from_layer(settings).unwrap();
        configuration.providers.allow_private_addresses = true;
        let mut random = Random::seeded(1);
        let key = Key::generate(&mut random).to_text();
        let metrics: Arc<Metrics> = Arc::default();
        let state = State::new(trunkline_server::Service {
            store: Store::new(target.clone(), PoolOptions::default()),
            keys: Arc::new(KeyRing::parse(&key).unwrap()),
            migrator: Arc::new(Migrator::new(
                partner_migrations().unwrap(),
                target.clone(),
                Options::default(),
            )),
            settings: Arc::new(Settings::new(&configuration)),
            providers: ProviderClient::new(&configuration.providers),
            oidc: None,
            clock: clock.clone(),
            random,
            webhooks: Webhooks::start(target.clone(), &metrics),
            metrics,
            progress: trunkline_server::Progress::default(),
            known: trunkline_server::KnownCallers::default(),
        });
        let connection = state.store.connection().await.unwrap();
        register_active_key(connection.executor(), &state.keys, state.random.clone())
            .await
            .unwrap();
        let client = database.connect().await.unwrap();
        Self { router: router(state.clone()), state, client, clock, _database: database }
    }

    /// Has browsers reach the service by another address.
    pub(crate) fn public_url(&mut self, url: &str) {
        let settings = Settings { public_url: url.to_owned(), ..(*self.state.settings).clone() };
        self.state.settings = Arc::new(settings);
        self.router = router(self.state.clone());
    }

    /// Has the service configured otherwise.
    pub(crate) fn settings(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = (*self.state.settings).clone();
        change(&mut settings);
        self.state.settings = Arc::new(settings);
        self.router = router(self.state.clone());
    }

    /// Has people sign in by OpenID Connect.
    pub(crate) fn oidc(&mut self, sign_in: &SignIn, secret: Option<Secret>) {
        let (url, clock) = (self.state.settings.public_url.as_str(), self.clock.clone());
        let oidc = Oidc::new(sign_in, secret, url, clock).unwrap();
        self.state.oidc = oidc.map(Arc::new);
        let settings = (*self.state.settings).clone();
        let password_sign_in = sign_in.password;
        self.state.settings = Arc::new(Settings { password_sign_in, ..settings });
        self.router = router(self.state.clone());
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// GET with an API key.
    pub(crate) async fn get(&self, path: &str, key: &str) -> Answer {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Any method with an API key and a JSON body.
    pub(crate) async fn call(&self, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A new API key.
    pub(crate) async fn api_key(&self, role: &str, company: Option<i32>) -> String {
        let key = format!("tlk_{}", self.state.random.token());
        let hash = Sha256::digest(key.as_bytes()).to_vec();
        let query = "
            INSERT INTO trunkline.api_keys (name, hint, key_hash, company_id, role, created_at)
            VALUES ('test', $1, $2, $3, $4, $5)";
        let (hint, now) = (&key[..8], self.clock.now());
        self.client.execute(query, &[&hint, &hash, &company, &role, &now]).await.unwrap();
        key
    }

    /// Puts another key in front of the one that sealed so far; gives its id.
    pub(crate) fn add_key(&mut self) -> KeyId {
        let text = |seed| Key::generate(&mut Random::seeded(seed)).to_text();
        let ring = KeyRing::parse(&format!("{} {}", *text(2), *text(1))).unwrap();
        let active = ring.active();
        self.use_keys(Arc::new(ring));
        active
    }

    /// As a process that was started with these keys.
    pub(crate) fn use_keys(&mut self, ring: Arc<KeyRing>) {
        self.state.keys = ring;
        self.router = router(self.state.clone());
    }

    /// Gives a key what it may do beyond its role.
    pub(crate) async fn permit(&self, key: &str, permissions: &[&str]) {
        let hash = Sha256::digest(key.as_bytes()).to_vec();
        let query = "
            INSERT INTO trunkline.api_key_permissions (api_key_id, permission)
            SELECT id, permission
            FROM trunkline.api_keys, unnest($2::TEXT[]) AS permission
            WHERE key_hash = $1";
        self.client.execute(query, &[&hash, &permissions]).await.unwrap();
    }

    /// Changes what the configuration says.
    pub(crate) fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = (*self.state.settings).clone();
        change(&mut settings);
        self.state.settings = Arc::new(settings);
        self.router = router(self.state.clone());
    }

    /// Sends a request, and gives the answer when its head is there.
    pub(crate) async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Comes back when somebody waits for what the transaction of `client` has locked.
    pub(crate) async fn until_somebody_waits(&self) {
        let waiting =
            "SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1";
        while self.client.query(waiting, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// The cookie of somebody who is signed in.
    pub(crate) async fn sign_in(&self, role: &str) -> String {
        let token = self.state.random.token();
        let hash = Sha256::digest(token.as_bytes()).to_vec();
        let query = "
            WITH added AS (
                INSERT INTO trunkline.users (email, name, role)
                VALUES ($1 || '@example.com', initcap($1), $1)
                ON CONFLICT (email) DO UPDATE SET name = excluded.name
                RETURNING id
            )
            INSERT INTO trunkline.sessions (user_id, token_hash, created_at, last_seen_at)
            SELECT id, $2, $3, $3
            FROM added";
        self.client.execute(query, &[&role, &hash, &self.clock.now()]).await.unwrap();
        format!("trunkline_session={token}")
    }

    /// A page, with the cookie of `sign_in` or an empty one.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    /// A form sent from one of our pages.
    pub(crate) async fn submit(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

/// What a page of another router says.
pub(crate) async fn page_of(router: Router, path: &str) -> String {
    let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8_lossy(&body).into_owned()
}
