//! Webhooks of the providers: verified over the raw bytes, stored, answered; what they say is worked on afterwards.
//!
//! A request costs one place in a statement that many share ([`Inbox`]); secrets are in memory
//! ([`Accounts`]). Nothing of a request is read before it is verified, and nothing that is not is kept.

mod accounts;
mod handshake;
mod inbox;
mod masking;
mod metrics;
mod proof;
mod receive;
mod refusal;
mod work;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use trunkline_core::events::Source;
use trunkline_migrate::Target;
use trunkline_store::{PoolOptions, Store};

use crate::metrics::Metrics;
use crate::routes::panicked;
use crate::{State, api};

use accounts::Accounts;
use inbox::Inbox;
pub(crate) use masking::masked;
pub(crate) use metrics::WebhookMetrics;
use refusal::Refusals;
use work::Lanes;
pub use work::{work, work_once};

/// What receives webhooks; its clones share one inbox and one memory of the accounts.
#[derive(Clone)]
pub struct Webhooks {
    store: Store,
    inbox: Inbox,
    lanes: Lanes,
    accounts: Arc<Accounts>,
    refusals: Arc<Refusals>,
}

impl Webhooks {
    /// Starts what stores webhooks in groups, on this runtime; it ends with the last clone.
    ///
    /// It has connections of its own, so that pages and programs do not wait for webhooks, nor these for
    /// them.
    pub fn start(target: Target, metrics: &Arc<Metrics>) -> Self {
        let store = Store::new(target, PoolOptions { plans_once: true, ..PoolOptions::default() });
        let lanes = Lanes::default();
        let inbox = Inbox::start(store.clone(), Arc::clone(metrics), lanes.clone());
        Self { store, inbox, lanes, accounts: Arc::default(), refusals: Arc::default() }
    }
}

/// The table of routes; it has its own limits, and no line of the log for each request.
pub(crate) fn router() -> Router<State> {
    let events = get(handshake::probe).merge(receive::route(Source::Dialog360Events));
    let numbers = get(handshake::probe).merge(receive::route(Source::Dialog360Numbers));
    Router::new()
        .route(
            "/webhooks/meta/{account}",
            get(handshake::answer).merge(receive::route(Source::Meta)),
        )
        .route("/webhooks/360dialog/{account}", events)
        .route("/webhooks/360dialog/{account}/numbers", numbers)
        .route("/webhooks/twilio/{account}", receive::route(Source::TwilioMessages))
        .route("/webhooks/twilio/{account}/status", receive::route(Source::TwilioStatus))
        .method_not_allowed_fallback(api::method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
}
