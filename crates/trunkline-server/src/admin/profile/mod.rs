//! One's own profile: name, password, second factor, and where one is signed in.

mod name;
mod password;
mod present_password;
mod recovery_codes;
mod second_factor;
mod second_factor_off;
mod sessions;

use askama::Template;
use axum::Router;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::try_join;
use trunkline_core::Role;
use trunkline_store::Executor;
use trunkline_store::sessions::{has_session, list_sessions};
use trunkline_store::users::{User, find_user, lock_user};

use super::browser::describe_browser;
use super::form::Errors;
use super::{Frame, Page, PageProblem, Section, Time};
use crate::State;
use crate::auth::Administrator;
use crate::problem::Problem;

/// Every page of one's own.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/", get(show))
        .route("/name", post(name::change))
        .route("/password", get(password::show).post(password::change))
        .route("/second-factor", get(second_factor::show).post(second_factor::turn_on))
        .route("/second-factor/off", get(second_factor_off::show).post(second_factor_off::turn_off))
        .route("/recovery-codes", get(recovery_codes::show).post(recovery_codes::replace))
        .route("/sessions/end-others", post(sessions::end_others))
        .route("/sessions/{id}/end", post(sessions::end))
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    frame: Frame,
    person: Person,
    errors: Errors,
    sessions: Vec<SessionRow>,
}

struct Person {
    email: String,
    called: String,
    role: Role,
    /// Whoever has none comes in by an issuer, which asks for a second factor itself.
    has_password: bool,
    has_second_factor: bool,
    recovery_codes: i32,
}

struct SessionRow {
    id: i32,
    browser: String,
    address: String,
    seen: Time,
    is_this: bool,
}

async fn show(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    let name = administrator.session.name.clone();
    let page = page(&state, &administrator, &headers, name, Errors::default()).await?;
    Ok(page.into_response())
}

/// The page, with what was typed as the name.
async fn page(
    state: &State,
    administrator: &Administrator,
    headers: &HeaderMap,
    called: String,
    errors: Errors,
) -> Result<Page<ProfilePage>, PageProblem> {
    let session = &administrator.session;
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let (limits, now) = (state.settings.session_limits, state.clock.now());
    let listed = async { Ok(list_sessions(executor, session.user_id, limits, now).await?) };
    let (user, listed) = try_join!(find_self(executor, administrator), listed)?;
    let rows = listed.into_iter().map(|listed| SessionRow {
        id: listed.id,
        browser: describe_browser(listed.user_agent.as_deref()),
        address: listed.address.unwrap_or_default(),
        seen: Time::from(listed.last_seen_at),
        is_this: listed.id == session.id,
    });
    let sessions = rows.collect();
    let person = Person {
        email: user.email,
        called,
        role: user.role,
        has_password: user.has_password,
        has_second_factor: user.has_second_factor,
        recovery_codes: user.recovery_codes,
    };
    let frame = administrator.frame(headers, Section::Profile);
    Ok(Page(ProfilePage { frame, person, errors, sessions }))
}

/// The user who asks, whom nobody else changes until the transaction ends.
///
/// A new password, and an end of every session, lock the user too: whoever was being asked for the
/// password meanwhile has to sign in anew.
async fn lock_self(executor: Executor<'_>, who: &Administrator) -> Result<User, PageProblem> {
    let user = lock_user(executor, who.session.user_id).await?.filter(|user| user.is_active);
    match user {
        Some(user) if has_session(executor, who.session.id).await? => Ok(user),
        _ => Err(PageProblem::SignIn { then: "/admin/profile".to_owned() }),
    }
}

/// The user who asks.
async fn find_self(executor: Executor<'_>, who: &Administrator) -> Result<User, Problem> {
    let user = find_user(executor, who.session.user_id).await?;
    user.ok_or_else(|| Problem::not_found("user"))
}
