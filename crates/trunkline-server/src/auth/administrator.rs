use axum::extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use jiff::SignedDuration;
use trunkline_core::Role;
use trunkline_store::StoreError;
use trunkline_store::audit_log::{Actor, ActorKind};
use trunkline_store::sessions::{ActiveSession, find_session, touch_session};

use super::{cookie_value, hash_token, session_cookie_name};
use crate::State;
use crate::admin::{Frame, FrameUser, PageProblem, Section};
use crate::middleware::RequestContext;
use crate::problem::{Kind, Problem};

/// Somebody signed in to the admin interface; others are sent to sign in.
#[derive(Debug, Clone)]
pub(crate) struct Administrator {
    /// The session, and whose it is.
    pub session: ActiveSession,
    context: RequestContext,
}

impl Administrator {
    /// Refuses unless the user has at least this role.
    pub(crate) fn require(&self, role: Role) -> Result<(), Problem> {
        if self.session.role >= role {
            return Ok(());
        }
        let detail = format!("you are signed in as {}; this needs {role}", self.session.role);
        Err(Problem::new(Kind::Forbidden, detail))
    }

    /// What stands around the page.
    pub(crate) fn frame(&self, headers: &HeaderMap, section: Section) -> Frame {
        let user = FrameUser {
            email: self.session.email.clone(),
            name: self.session.name.clone(),
            role: self.session.role,
        };
        Frame { user: Some(user), section, ..Frame::anonymous(headers) }
    }

    /// Who it is, for the audit log.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::User,
            id: Some(self.session.user_id),
            name: self.session.email.clone(),
            address: Some(self.context.address),
            request_id: Some(self.context.id.clone()),
        }
    }
}

impl OptionalFromRequestParts<State> for Administrator {
    type Rejection = PageProblem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &State,
    ) -> Result<Option<Self>, PageProblem> {
        let cookie = session_cookie_name(&state.settings);
        let Some(hash) = cookie_value(&parts.headers, cookie).map(hash_token) else {
            return Ok(None);
        };
        let Ok(context) =
            <RequestContext as FromRequestParts<State>>::from_request_parts(parts, state).await;
        let found = find(state, &hash).await.map_err(Problem::from)?;
        let Some(session) = found.filter(|session| !session.awaits_second_factor) else {
            return Ok(None);
        };
        context.note(format!("user {}", session.user_id), None);
        Ok(Some(Self { session, context }))
    }
}

impl FromRequestParts<State> for Administrator {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, PageProblem> {
        let found =
            <Self as OptionalFromRequestParts<State>>::from_request_parts(parts, state).await?;
        // Not the URI itself, from which the router has taken what it matched.
        let asked = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        found.ok_or_else(|| PageProblem::SignIn {
            // What was sent is gone, and its address may show no page.
            then: if parts.method == Method::GET { asked.to_string() } else { "/admin".to_owned() },
        })
    }
}

/// The session of this hash, as it was a moment ago at the latest; its use is noted, once a minute.
async fn find(state: &State, hash: &[u8]) -> Result<Option<ActiveSession>, StoreError> {
    let now = state.clock.now();
    if let Some(session) = state.known.sessions.get(hash, now) {
        return Ok(Some(session));
    }
    let generation = state.known.sessions.generation();
    let connection = state.store.connection().await?;
    let limits = state.settings.session_limits;
    let Some(session) = find_session(connection.executor(), hash, limits, now).await? else {
        return Ok(None);
    };
    let is_due = now.duration_since(session.last_seen_at) > SignedDuration::from_mins(1);
    if is_due && !session.awaits_second_factor {
        touch_session(connection.executor(), session.id, now).await?;
    }
    state.known.sessions.put(hash, &session, generation, now);
    Ok(Some(session))
}
