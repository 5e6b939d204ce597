//! Requests that are passed on to a channel's provider with its credentials, so that these need not leave.
//!
//! Nothing of a request or an answer is kept or logged but its numbers. Answers of the provider's have the header
//! `X-Provider`; whatever is without it is ours.

mod access;
mod answer;
mod inspect;
mod metrics;
mod send;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_core::{PathMethod, Permission, Role};
use trunkline_providers::pass_through::{Channel, Path, Query, Route, find_route};
use trunkline_store::QualifiedId;
use trunkline_store::channels::{Reach, find_reach};

use crate::auth::Caller;
use crate::problem::{FieldProblem, Kind};
use crate::{Problem, State};
pub(crate) use access::{Held, find_account, find_held};
use answer::pass_on;
pub(crate) use metrics::PassThroughMetrics;
use send::Sending;

/// A request that is to be passed on.
pub(crate) struct Request<'a> {
    pub method: PathMethod,
    /// As it stood in the request's line, without a slash in front.
    pub path: &'a str,
    /// What stood behind the question mark.
    pub query: &'a str,
    pub headers: HeaderMap,
    pub body: Body,
}

/// Passes a request on, if the key may, and gives the provider's answer.
pub(crate) async fn pass(
    state: &State,
    caller: &Caller,
    id: QualifiedId,
    request: Request<'_>,
) -> Result<Response, Problem> {
    let passed = pass_uncounted(state, caller, id, request).await;
    state.metrics.pass_through.count(id.provider, &passed);
    passed
}

async fn pass_uncounted(
    state: &State,
    caller: &Caller,
    id: QualifiedId,
    request: Request<'_>,
) -> Result<Response, Problem> {
    require_role(caller, request.method)?;
    if request.headers.contains_key("idempotency-key") {
        let message = "answers of providers are not kept, so a request with it cannot be answered again; send it without";
        return Err(invalid("Idempotency-Key", message));
    }
    let path = Path::parse(request.path);
    let path = path.map_err(|refused| Problem::new(Kind::Malformed, refused.to_string()))?;
    let reach = reach(state, caller, id).await?;
    let channel = channel(id, &reach);
    let route = find_route(channel, request.method, &path).ok_or_else(|| {
        let detail = format!("{path} is no path of this channel at {}", id.provider.name());
        Problem::new(Kind::Forbidden, detail)
    })?;
    if let Some(operation) = route.operation() {
        let detail = format!(
            "{} must not be made twice, so it is not passed on: POST /api/v1/channels/{id}/{operation}",
            route.pattern
        );
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    require(caller, id, request.method, &route)?;
    let query = Query::parse(id.provider, request.query);
    let query = query.map_err(|refused| invalid("query", refused.to_string()))?;

    let account = find_account(state, id.provider, &reach).await?;
    let access = access::find_access(state, &account, id, &reach).await?;
    let sending = Sending { state, id, reach: &reach, account: &account, access: &access };
    sending.pass(channel, &route, &query, request).await
}

/// Passes the file of a media on, if the key may read.
pub(crate) async fn pass_file(
    state: &State,
    caller: &Caller,
    id: QualifiedId,
    media: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let passing = async {
        require_role(caller, PathMethod::Get)?;
        let reach = reach(state, caller, id).await?;
        if !caller.permissions.contains(&Permission::Read) {
            let detail = "this key may not download media; an admin gives it provider:read";
            return Err(Problem::new(Kind::Forbidden, detail));
        }
        let account = find_account(state, id.provider, &reach).await?;
        let access = access::find_access(state, &account, id, &reach).await?;
        let sending = Sending { state, id, reach: &reach, account: &account, access: &access };
        sending.file(channel(id, &reach), media, headers).await
    };
    let passed = passing.await;
    state.metrics.pass_through.count(id.provider, &passed);
    passed
}

/// The channel, as its provider knows it.
pub(crate) async fn reach(
    state: &State,
    caller: &Caller,
    id: QualifiedId,
) -> Result<Reach, Problem> {
    let connection = state.store.connection().await?;
    let found = find_reach(connection.executor(), id, caller.scope).await?;
    found.ok_or_else(|| Problem::not_found("channel"))
}

fn channel(id: QualifiedId, reach: &Reach) -> Channel<'_> {
    Channel { provider: id.provider, client: &reach.client_id, id: &reach.provider_id }
}

/// Whoever changes something at a provider works with channels; a viewer reads.
fn require_role(caller: &Caller, method: PathMethod) -> Result<(), Problem> {
    caller.require(if method == PathMethod::Get { Role::Viewer } else { Role::Operator })
}

fn require(
    caller: &Caller,
    id: QualifiedId,
    method: PathMethod,
    route: &Route<'_>,
) -> Result<(), Problem> {
    let may = |permission: &Permission| route.is_allowed_by(permission, id.provider, method);
    if caller.permissions.iter().any(may) {
        return Ok(());
    }
    let detail = format!(
        "this key may not pass {method} {} to {}; an admin gives it that, or provider:send or provider:read where these include it",
        route.pattern,
        id.provider.name(),
    );
    Err(Problem::new(Kind::Forbidden, detail))
}

fn invalid(field: &str, message: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldProblem { field: field.to_owned(), message: message.into() }])
}
