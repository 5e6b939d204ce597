use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use trunkline_core::Role;

use crate::State;
use crate::admin::form::{Errors, Form};
use crate::admin::{Frame, Page, PageProblem, Section};
use crate::api::api_keys::{KeyRequest, create_key};
use crate::auth::Administrator;
use crate::problem::{Kind, Problem};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewKey {
    name: String,
    role: String,
    company_id: String,
    expires_on: String,
}

#[derive(Template)]
#[template(path = "api_keys/new.html")]
struct NewPage {
    frame: Frame,
    form: NewKey,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "api_keys/created.html")]
struct CreatedPage {
    frame: Frame,
    title: String,
    key: String,
}

const ROLES: [(&str, &str, &str); 3] = [
    ("viewer", "Viewer", "Reads."),
    ("operator", "Operator", "Reads, and works with clients and channels."),
    ("admin", "Admin", "All that, and configures partner accounts and API keys."),
];

/// The empty form.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let frame = administrator.frame(&headers, Section::ApiKeys);
    let form = NewKey { role: "viewer".to_owned(), ..NewKey::default() };
    Ok(Page(NewPage { frame, form, errors: Errors::default() }))
}

/// Makes the key and shows it, this once.
pub(super) async fn create(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Form(form): Form<NewKey>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let mut errors = Errors::default();
    let request = KeyRequest {
        name: form.name.clone(),
        role: read(&mut errors, "role", &form.role, "choose one").unwrap_or(Role::Viewer),
        company_id: read(&mut errors, "company_id", &form.company_id, "it is a number"),
        // What it may do beyond its role is said on its own page, where it is explained.
        permissions: Vec::new(),
        expires_at: read(&mut errors, "expires_on", &form.expires_on, "it is a day, as 2030-12-31")
            .and_then(end_of),
        created_by: Some(administrator.session.user_id),
    };
    if form.role.is_empty() {
        errors.add("role", "choose one");
    }
    let frame = administrator.frame(&headers, Section::ApiKeys);
    if errors.is_empty() {
        match create_key(&state, &administrator.actor(), &request).await {
            Ok((made, key)) => {
                let title = format!("“{}” is made", made.name);
                let page = CreatedPage { frame, title, key: key.expose().to_owned() };
                return Ok(Page(page).into_response());
            }
            Err(problem) => note(&mut errors, problem)?,
        }
    }
    let page = Page(NewPage { frame, form, errors });
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// A field that may be empty.
fn read<T: std::str::FromStr>(
    errors: &mut Errors,
    field: &'static str,
    text: &str,
    message: &str,
) -> Option<T> {
    let text = text.trim();
    let value = text.parse().ok();
    if value.is_none() && !text.is_empty() {
        errors.add(field, message);
    }
    value
}

/// The end of a day in UTC.
fn end_of(day: Date) -> Option<Timestamp> {
    Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Puts the fields that a problem names where the form shows them; another problem has its own page.
fn note(errors: &mut Errors, problem: Problem) -> Result<(), Problem> {
    if problem.kind != Kind::Invalid {
        return Err(problem);
    }
    for error in problem.fields {
        let field = match error.field.as_str() {
            "role" => "role",
            "company_id" => "company_id",
            "expires_at" => "expires_on",
            _ => "name",
        };
        errors.add(field, error.message);
    }
    Ok(())
}
