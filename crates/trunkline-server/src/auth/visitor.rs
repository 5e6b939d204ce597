use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use trunkline_store::audit_log::{Actor, ActorKind};
use trunkline_store::sessions::{
    NewSession, delete_ended_sessions, delete_session_of, insert_session,
};
use trunkline_store::users::User;
use trunkline_store::{Executor, StoreError};

use super::{cookie_value, hash_token, session_cookie_name};
use crate::State;
use crate::admin::Frame;
use crate::middleware::RequestContext;

/// Characters of what a browser calls itself that are kept.
const USER_AGENT_LENGTH: usize = 300;

/// Whoever asks, known or not: from where, with which browser, and the cookie of which session.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// What stands around a page for them while they are not signed in.
    pub frame: Frame,
    /// From where.
    pub address: IpAddr,
    /// SHA-256 of the session cookie's value.
    pub token_hash: Option<Vec<u8>>,
    user_agent: Option<String>,
    context: RequestContext,
}

impl Visitor {
    /// Who it is once they have proved it, for the audit log.
    pub(crate) fn as_user(&self, user: &User) -> Actor {
        let (id, name) = (Some(user.id), user.email.clone());
        Actor { kind: ActorKind::User, id, name, ..self.unknown() }
    }

    /// Somebody who has not proved who they are, for the audit log.
    pub(crate) fn unknown(&self) -> Actor {
        Actor {
            kind: ActorKind::System,
            id: None,
            name: "somebody not signed in".to_owned(),
            address: Some(self.address),
            request_id: Some(self.context.id.clone()),
        }
    }

    /// The request's id, which the log line has too.
    pub(crate) fn request_id(&self) -> &str {
        &self.context.id
    }

    /// Begins a session with a new token, which it gives, in place of the one that the browser has.
    pub(crate) async fn begin_session(
        &self,
        executor: Executor<'_>,
        state: &State,
        user_id: i32,
        awaits_second_factor: bool,
    ) -> Result<String, StoreError> {
        let now = state.clock.now();
        if let Some(hash) = &self.token_hash {
            delete_session_of(executor, hash).await?;
        }
        delete_ended_sessions(executor, state.settings.session_limits, now).await?;
        let token = state.random.token();
        let session = NewSession {
            user_id,
            token_hash: &hash_token(&token),
            awaits_second_factor,
            address: self.address,
            user_agent: self.user_agent.as_deref(),
        };
        insert_session(executor, &session, now).await?;
        Ok(token)
    }
}

impl FromRequestParts<State> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let context = RequestContext::from_request_parts(parts, state).await?;
        let cookie = cookie_value(&parts.headers, session_cookie_name(&state.settings));
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            frame: Frame::anonymous(&parts.headers),
            address: context.address,
            token_hash: cookie.map(hash_token),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_LENGTH).collect()),
            context,
        })
    }
}
