use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;

use crate::State;

/// Who asks from where; every request carries one, and the log line is made of it.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    /// The request's id: what the client sent as `X-Request-Id`, where that is one, else ours.
    pub id: String,
    /// The client's address.
    pub address: IpAddr,
    facts: Arc<Mutex<Facts>>,
}

/// What is learned of a request on the way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Who asks, as `user 3` or `api_key 7`.
    pub actor: Option<String>,
    /// The one company that whoever asks may see.
    pub company: Option<i32>,
}

const LONGEST_ID: usize = 64;

impl RequestContext {
    pub(super) fn new(state: &State, request: &Request) -> Self {
        let given = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        let is_id = |id: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            (8..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain)
        };
        let id = match given.filter(is_id) {
            Some(id) => id.to_owned(),
            None => state.random.token()[..22].to_owned(),
        };
        Self { id, address: client_address(state, request), facts: Arc::default() }
    }

    /// Notes who asks.
    pub(crate) fn note(&self, actor: String, company: Option<i32>) {
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) =
            Facts { actor: Some(actor), company };
    }

    pub(super) fn facts(&self) -> Facts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The peer's address, or what the nearest proxy that is trusted says.
fn client_address(state: &State, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let mut address = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let hops: Vec<&str> = forwarded
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in hops.iter().rev() {
        if !state.settings.trusted_proxies.contains(&address) {
            break;
        }
        let Ok(next) = hop.trim().parse() else { break };
        address = next;
    }
    address
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let context = parts.extensions.get::<Self>().cloned();
        Ok(context.unwrap_or_else(|| Self {
            id: String::new(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            facts: Arc::default(),
        }))
    }
}
