use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::Role;

use super::super::form::{Errors, Form};
use super::super::{Frame, Page, PageProblem, Section};
use super::grantable;
use super::target::require_over;
use crate::State;
use crate::auth::Administrator;
use crate::people::{Newcomer, PeopleError};
use crate::problem::Problem;

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct InviteForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
}

#[derive(Template)]
#[template(path = "user_new.html")]
struct InvitePage {
    frame: Frame,
    errors: Errors,
    form: InviteForm,
    roles: Vec<(&'static str, &'static str, &'static str)>,
}

/// A link that is shown once.
#[derive(Template)]
#[template(path = "user_link.html")]
pub(super) struct LinkPage {
    pub frame: Frame,
    pub heading: String,
    pub link: String,
    pub leads_back: String,
}

/// The form.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let role = Role::Operator.to_string();
    let form = InviteForm { name: String::new(), email: String::new(), role };
    Ok(page(&administrator, &headers, form, Errors::default()).into_response())
}

fn page(
    administrator: &Administrator,
    headers: &HeaderMap,
    form: InviteForm,
    errors: Errors,
) -> Page<InvitePage> {
    let frame = administrator.frame(headers, Section::Users);
    Page(InvitePage { frame, errors, form, roles: grantable(administrator) })
}

/// Adds somebody and shows the link with which they choose a password.
pub(super) async fn invite(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
    Form(form): Form<InviteForm>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let refuse = |form, errors| {
        let page = page(&administrator, &headers, form, errors);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let Ok(role) = form.role.parse::<Role>() else {
        return refuse(form, Errors::one("role", "Choose one of the roles."));
    };
    require_over(&administrator, role)?;
    let newcomer = Newcomer { email: &form.email, name: &form.name, role };
    match state.people(administrator.actor()).invite(&newcomer).await {
        Ok(invitation) => {
            let page = LinkPage {
                frame: administrator.frame(&headers, Section::Users),
                heading: format!("{} is invited", invitation.user.name),
                link: invitation.link,
                leads_back: format!("/admin/users/{}", invitation.user.id),
            };
            Ok(Page(page).into_response())
        }
        Err(PeopleError::Invalid { field, message }) => refuse(form, Errors::one(field, message)),
        Err(error @ PeopleError::EmailTaken) => {
            refuse(form, Errors::one("email", error.to_string()))
        }
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(other).into()),
    }
}
