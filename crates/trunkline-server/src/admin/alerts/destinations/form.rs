use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use trunkline_core::Role;

use super::fields::{Fields, RuleBox, note};
use super::load;
use crate::State;
use crate::admin::form::{Errors, Form};
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::alerts::{
    DestinationChange, DestinationInput, create_destination, edit_destination, see_secret,
};
use crate::api::Id;
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "alerts/destination_form.html")]
struct FormPage {
    frame: Frame,
    title: String,
    action: String,
    back: String,
    verb: &'static str,
    /// Whether the kind can still be chosen.
    is_new: bool,
    fields: Fields,
    boxes: Vec<RuleBox>,
    errors: Errors,
    last_four: String,
    fingerprint: String,
}

#[derive(Template)]
#[template(path = "alerts/destination_made.html")]
struct MadePage {
    frame: Frame,
    title: String,
    secret: String,
    here: String,
}

const KINDS: [(&str, &str, &str); 2] = [
    ("webhook", "Webhook", "A signed request to a URL of yours, for each thing that happens."),
    ("email", "E-mail", "By the SMTP server of the configuration file."),
];
const SEVERITIES: [(&str, &str); 2] =
    [("warning", "Every alert"), ("critical", "Critical alerts alone")];

impl FormPage {
    fn new(frame: Frame, fields: Fields, errors: Errors) -> Self {
        Self {
            frame,
            title: "Tell somebody of alerts".to_owned(),
            action: "/admin/alerts/destinations/new".to_owned(),
            back: "/admin/alerts/destinations".to_owned(),
            verb: "Add the destination",
            is_new: true,
            boxes: fields.boxes(),
            fields,
            errors,
            last_four: String::new(),
            fingerprint: String::new(),
        }
    }

    async fn edit(
        state: &State,
        frame: Frame,
        id: i32,
        sent: Option<(Fields, Errors)>,
    ) -> Result<Self, Problem> {
        let destination = load(state, id).await?;
        let (fields, errors) =
            sent.unwrap_or_else(|| (Fields::of(&destination), Errors::default()));
        // The kind stays, whatever was sent.
        let fields = Fields { kind: destination.kind.as_str().to_owned(), ..fields };
        let seen = see_secret(state, &destination);
        Ok(Self {
            title: format!("Edit “{}”", destination.name),
            action: format!("/admin/alerts/destinations/{id}/edit"),
            back: format!("/admin/alerts/destinations/{id}"),
            verb: "Save",
            is_new: false,
            last_four: seen.as_ref().and_then(|seen| seen.last_four.clone()).unwrap_or_default(),
            fingerprint: seen.and_then(|seen| seen.fingerprint).unwrap_or_default(),
            ..Self::new(frame, fields, errors)
        })
    }
}

/// The empty form.
pub(super) async fn new(
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let frame = administrator.frame(&headers, Section::Alerts);
    Ok(Page(FormPage::new(frame, Fields::empty(), Errors::default())))
}

/// Adds a destination; a secret that was made is shown, this once.
pub(super) async fn add(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let frame = administrator.frame(&headers, Section::Alerts);
    let fields = Fields::sent(pairs);
    let input = DestinationInput {
        name: fields.name.clone(),
        kind: fields.kind(),
        url: fields.url(),
        secret: fields.secret(),
        addresses: fields.addresses(),
        minimum_severity: fields.severity(),
        rules: fields.rules.clone(),
        is_active: fields.is_active,
    };
    match create_destination(&state, &administrator.actor(), input).await {
        Ok((added, Some(secret))) => {
            let page = MadePage {
                frame,
                title: format!("The secret of “{}”", added.name),
                secret: secret.expose().to_owned(),
                here: format!("/admin/alerts/destinations/{}", added.id),
            };
            Ok(Page(page).into_response())
        }
        Ok((added, None)) => {
            let to = format!("/admin/alerts/destinations/{}", added.id);
            Ok(redirect_with_toast(&to, &format!("“{}” is added", added.name)))
        }
        Err(problem) => {
            let page = FormPage::new(frame, fields, note(problem)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}

/// The form with what stands there.
pub(super) async fn edit(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let frame = administrator.frame(&headers, Section::Alerts);
    Ok(Page(FormPage::edit(&state, frame, id, None).await?))
}

/// Writes what was edited.
pub(super) async fn save(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let kind = load(&state, id).await?.kind;
    let fields = Fields { kind: kind.as_str().to_owned(), ..Fields::sent(pairs) };
    let change = DestinationChange {
        name: Some(fields.name.clone()),
        url: fields.url(),
        secret: fields.secret(),
        addresses: Some(fields.addresses()),
        minimum_severity: Some(fields.severity()),
        rules: Some(fields.rules.clone()),
        is_active: Some(fields.is_active),
    };
    match edit_destination(&state, &administrator.actor(), id, change, |_| Ok(())).await {
        Ok(after) => {
            let to = format!("/admin/alerts/destinations/{id}");
            Ok(redirect_with_toast(&to, &format!("“{}” is saved", after.name)))
        }
        Err(problem) => {
            let frame = administrator.frame(&headers, Section::Alerts);
            let sent = Some((fields, note(problem)?));
            let page = FormPage::edit(&state, frame, id, sent).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}
