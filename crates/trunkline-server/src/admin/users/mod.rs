//! Users: who administers this installation, and what each may do.

mod act;
mod activity;
mod invite;
mod password_link;
mod role;
mod second_factor;
mod sessions;
mod show;
mod target;

use askama::Template;
use axum::Router;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_store::users::{User, UserFilter, list_users};

use super::{Frame, Page, PageProblem, Section, Time};
use crate::State;
use crate::api::Query;
use crate::auth::Administrator;

/// So many stand on one page.
const PAGE: usize = 50;

/// Every page about users.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/", get(list))
        .route("/new", get(invite::show).post(invite::invite))
        .route("/{id}", get(show::show))
        .route("/{id}/role", post(role::change))
        .route("/{id}/deactivate", get(activity::ask).post(activity::deactivate))
        .route("/{id}/reactivate", post(activity::reactivate))
        .route("/{id}/sessions/end", get(sessions::ask).post(sessions::end))
        .route("/{id}/password-link", get(password_link::ask).post(password_link::make))
        .route("/{id}/second-factor/off", get(second_factor::ask).post(second_factor::turn_off))
}

/// Which users are asked for.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    asked: Asked,
    roles: Vec<(&'static str, &'static str)>,
    users: Vec<UserRow>,
    count: String,
    next: String,
}

struct UserRow {
    id: i32,
    called: String,
    email: String,
    role: Role,
    factor: (&'static str, &'static str),
    state: (&'static str, &'static str),
    signed_in: Option<Time>,
}

impl From<User> for UserRow {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            factor: if user.has_second_factor { ("good", "On") } else { ("warn", "Off") },
            state: state_of(&user),
            called: user.name,
            email: user.email,
            role: user.role,
            signed_in: user.last_signed_in_at.map(Time::from),
        }
    }
}

/// Tone and word.
fn state_of(user: &User) -> (&'static str, &'static str) {
    match (user.is_active, user.can_sign_in) {
        (false, _) => ("off", "Deactivated"),
        (true, false) => ("info", "Invited"),
        (true, true) => ("good", "Active"),
    }
}

/// What a role is called and what it may do, as `ui::choices` takes it.
const ROLES: [(&str, &str, &str); 4] = [
    ("viewer", "Viewer", "Reads."),
    ("operator", "Operator", "Works with clients and channels."),
    ("admin", "Admin", "Partner accounts, API keys, and users that are no owners."),
    ("owner", "Owner", "Everything, and the only one who makes owners."),
];

/// The roles that this administrator may give.
fn grantable(who: &Administrator) -> Vec<(&'static str, &'static str, &'static str)> {
    let is_owner = who.session.role == Role::Owner;
    ROLES.into_iter().filter(|(role, ..)| is_owner || *role != Role::Owner.as_str()).collect()
}

async fn list(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let search = asked.q.trim();
    let filter = UserFilter {
        search: Some(search).filter(|text| !text.is_empty()),
        role: asked.role.parse().ok(),
        is_active: match asked.state.as_str() {
            "active" => Some(true),
            "deactivated" => Some(false),
            _ => None,
        },
        after: Some(asked.after.as_str()).filter(|text| !text.is_empty()),
    };
    let connection = state.store.connection().await?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut users = list_users(connection.executor(), &filter, limit).await?;
    let has_more = users.len() > PAGE;
    users.truncate(PAGE);
    let next = match users.last() {
        Some(last) if has_more => next_page(&asked, &last.email),
        _ => String::new(),
    };
    let count = match users.len() {
        0 => "No user".to_owned(),
        1 => "1 user".to_owned(),
        number => format!("{number} users"),
    };
    let users = users.into_iter().map(UserRow::from).collect();
    let roles = ROLES.map(|(role, name, _)| (role, name)).to_vec();
    let frame = administrator.frame(&headers, Section::Users);
    Ok(Page(UsersPage { frame, asked, roles, users, count, next }).into_response())
}

fn next_page(asked: &Asked, after: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in [("q", &asked.q), ("role", &asked.role), ("state", &asked.state)] {
        if !value.is_empty() {
            query.append_pair(key, value);
        }
    }
    query.append_pair("after", after);
    format!("/admin/users?{}", query.finish())
}
