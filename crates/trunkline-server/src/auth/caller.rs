use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use trunkline_core::{Permission, Role, Scope};
use trunkline_store::StoreError;
use trunkline_store::api_keys::{ApiKey, find_api_key, touch_api_key};
use trunkline_store::audit_log::{Actor, ActorKind};

use super::{API_KEY_PREFIX, hash_token};
use crate::State;
use crate::middleware::RequestContext;
use crate::problem::{Kind, Problem};

/// A program that calls the REST API, known by its key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The key's id.
    pub key_id: i32,
    /// The key's name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What it may do beyond that.
    pub permissions: Vec<Permission>,
    /// When it ends; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Whose data it sees.
    pub scope: Scope,
    context: RequestContext,
}

impl Caller {
    /// Refuses unless the key has at least this role and sees the whole platform.
    pub(crate) fn require_platform(&self, role: Role) -> Result<(), Problem> {
        if self.scope != Scope::Platform {
            let detail = "this key sees one company; the operation needs a key of the platform";
            return Err(Problem::new(Kind::Forbidden, detail));
        }
        self.require(role)
    }

    /// Refuses unless the key has at least this role.
    pub(crate) fn require(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        let detail = format!("the role of this key is {}; the operation needs {role}", self.role);
        Err(Problem::new(Kind::Forbidden, detail))
    }

    /// Who it is, for the audit log.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::ApiKey,
            id: Some(self.key_id),
            name: self.name.clone(),
            address: Some(self.context.address),
            request_id: Some(self.context.id.clone()),
        }
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        // The middleware has looked already.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let Ok(context) = RequestContext::from_request_parts(parts, state).await;
        let refuse = |detail: &str| Err(Problem::new(Kind::Unauthenticated, detail));
        let Some(given) = parts.headers.get(AUTHORIZATION) else {
            return refuse("say who you are: Authorization: Bearer tlk_…");
        };
        let key = given.to_str().ok().and_then(|given| {
            let (scheme, key) = given.split_once(' ')?;
            (scheme.eq_ignore_ascii_case("bearer") && key.starts_with(API_KEY_PREFIX))
                .then_some(key.trim())
        });
        let Some(key) = key else {
            return refuse("an API key is tlk_ and 43 characters, after the word Bearer");
        };
        let now = state.clock.now();
        let found = find(state, &hash_token(key), context.address, now).await?;
        let Some(key) = found.filter(|key| key.is_usable(now)) else {
            return refuse("this key is not known, was revoked, or has expired");
        };
        context.note(format!("api_key {}", key.id), key.company_id);
        let scope = key.company_id.map_or(Scope::Platform, Scope::Company);
        let (role, permissions, expires_at) = (key.role, key.permissions, key.expires_at);
        let (key_id, name) = (key.id, key.name);
        let caller = Self { key_id, name, role, permissions, expires_at, scope, context };
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

/// The key with this hash, as it was a moment ago at the latest; its use is noted, once a minute.
async fn find(
    state: &State,
    hash: &[u8],
    address: IpAddr,
    now: Timestamp,
) -> Result<Option<ApiKey>, StoreError> {
    if let Some(key) = state.known.keys.get(hash, now) {
        return Ok(Some(key));
    }
    let generation = state.known.keys.generation();
    let connection = state.store.connection().await?;
    let Some(key) = find_api_key(connection.executor(), hash).await? else { return Ok(None) };
    let is_due = |last| now.duration_since(last) > SignedDuration::from_mins(1);
    if key.is_usable(now) && key.last_used_at.is_none_or(is_due) {
        touch_api_key(connection.executor(), key.id, address, now).await?;
    }
    state.known.keys.put(hash, &key, generation, now);
    Ok(Some(key))
}
