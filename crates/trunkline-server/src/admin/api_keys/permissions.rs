use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::{Permission, Role};
use trunkline_store::api_keys::{ApiKey, find_api_key_by_id, find_api_key_for_update};

use super::Row;
use crate::State;
use crate::admin::form::{Errors, Form};
use crate::admin::{Frame, Page, PageProblem, Section, redirect_with_toast};
use crate::api::Id;
use crate::api::api_keys::{KeyChange, change_key};
use crate::auth::Administrator;
use crate::problem::Problem;

/// What the form sends; a box that is not ticked sends nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PermissionsForm {
    send: String,
    read: String,
    credentials: String,
    paths: String,
}

#[derive(Template)]
#[template(path = "api_keys/permissions.html")]
struct PermissionsPage {
    frame: Frame,
    key: Row,
    action: String,
    /// Sending, reading, credentials.
    ticked: [bool; 3],
    paths: String,
    /// Only an owner gives a key credentials.
    may_give_credentials: bool,
    errors: Errors,
}

/// What a key may do beyond its role.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let connection = state.store.connection().await?;
    let key = find_api_key_by_id(connection.executor(), id, None).await?;
    let key = key.ok_or_else(|| Problem::not_found("API key"))?;
    let has = |permission: &Permission| key.permissions.contains(permission);
    let ticked = [has(&Permission::Send), has(&Permission::Read), has(&Permission::Credentials)];
    let paths = key.permissions.iter().filter(|permission| permission.path().is_some());
    let paths = paths.map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let frame = administrator.frame(&headers, Section::ApiKeys);
    Ok(Page(page(frame, &administrator, &state, key, ticked, paths)))
}

/// Gives the key what the form says, and nothing else.
pub(super) async fn save(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    id: Result<Id, Problem>,
    Form(form): Form<PermissionsForm>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(id) = id?;
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let key = find_api_key_for_update(transaction.executor(), id, None).await?;
    let key = key.ok_or_else(|| Problem::not_found("API key"))?;
    let mut errors = Errors::default();
    let permissions = wanted(&form, &key, &administrator, &mut errors);
    let change = KeyChange { permissions: Some(permissions), ..KeyChange::default() };
    if let Err(problem) = change.check() {
        errors.add("paths", problem.detail);
    }
    if !errors.is_empty() {
        let ticked = [&form.send, &form.read, &form.credentials].map(|sent| sent == "true");
        let frame = administrator.frame(&headers, Section::ApiKeys);
        let page = page(frame, &administrator, &state, key, ticked, form.paths);
        let page = Page(PermissionsPage { errors, ..page });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let after = change_key(&state, &administrator.actor(), transaction, &key, &change).await?;
    let told = format!("What “{}” may do is saved", after.name);
    Ok(redirect_with_toast("/admin/api-keys", &told))
}

/// What the form says; credentials stay as they are, unless an owner says otherwise.
fn wanted(
    form: &PermissionsForm,
    key: &ApiKey,
    administrator: &Administrator,
    errors: &mut Errors,
) -> Vec<Permission> {
    let mut wanted = Vec::new();
    let boxes = [
        (&form.send, Permission::Send),
        (&form.read, Permission::Read),
        (&form.credentials, Permission::Credentials),
    ];
    wanted.extend(boxes.into_iter().filter(|(sent, _)| *sent == "true").map(|(_, it)| it));
    let gives = wanted.contains(&Permission::Credentials)
        && !key.permissions.contains(&Permission::Credentials);
    if gives && administrator.session.role < Role::Owner {
        errors.add("credentials", "only an owner gives a key credentials");
    }
    for line in form.paths.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.parse::<Permission>() {
            Ok(rule) if rule.path().is_some() => wanted.push(rule),
            Ok(_) => errors.add("paths", format!("tick the box in place of {line}")),
            Err(refused) => errors.add("paths", refused.to_string()),
        }
    }
    wanted
}

fn page(
    frame: Frame,
    administrator: &Administrator,
    state: &State,
    key: ApiKey,
    ticked: [bool; 3],
    paths: String,
) -> PermissionsPage {
    PermissionsPage {
        frame,
        action: format!("/admin/api-keys/{}/permissions", key.id),
        key: Row::new(key, state.clock.now()),
        ticked,
        paths,
        may_give_credentials: administrator.session.role >= Role::Owner,
        errors: Errors::default(),
    }
}
