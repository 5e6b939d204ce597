use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::legacy::Choice;
use trunkline_store::Window;
use trunkline_store::import::{
    ConflictFilter, PlannedConflict, TaskKind, find_last_done, list_planned_conflicts,
};

use super::{choice_title, decided_title, title};
use crate::State;
use crate::admin::form::Form;
use crate::admin::{Frame, Page, PageProblem, Section, Time, redirect_with_toast};
use crate::api::Id;
use crate::auth::Administrator;
use crate::import::{decide_conflict, withdraw_decision};
use crate::problem::{Kind, Problem};

#[derive(Template)]
#[template(path = "import/conflict.html")]
struct ConflictPage {
    frame: Frame,
    found: Found,
    choices: Vec<(&'static str, &'static str, &'static str)>,
    choice: String,
    company_id: String,
    choice_error: String,
    company_error: String,
}

impl ConflictPage {
    fn has_company(&self) -> bool {
        self.choices.iter().any(|(word, ..)| *word == Choice::Assign.as_str())
    }
}

struct Found {
    row: i64,
    title: &'static str,
    explanation: &'static str,
    remedy: String,
    label: String,
    kind: String,
    company: String,
    rival_row: String,
    rival_company: String,
    detail: String,
    changed: Time,
    decided: String,
    decided_by: String,
}

impl From<&PlannedConflict> for Found {
    fn from(found: &PlannedConflict) -> Self {
        let company = match (&found.company, found.company_id) {
            (Some(name), Some(id)) => format!("{name} ({id})"),
            (_, Some(id)) => id.to_string(),
            _ => String::new(),
        };
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let decided = found.decided.as_ref();
        Self {
            row: found.source_row,
            title: title(found.conflict),
            explanation: found.conflict.explanation(),
            remedy: found.remedy(),
            label: found.label.clone().unwrap_or_default(),
            kind: found.channel_type.replace('_', " "),
            company,
            rival_row: number(found.rival_row),
            rival_company: number(found.rival_company.map(i64::from)),
            detail: found.detail.clone().unwrap_or_default(),
            changed: found.changed_at.into(),
            decided: decided
                .map(|decided| decided_title(decided.choice, decided.company_id))
                .unwrap_or_default(),
            decided_by: decided.map(|decided| decided.by.clone()).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Decision {
    choice: String,
    company_id: String,
}

/// One conflict, with what each choice would do.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    row: Result<Id<i64>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(row) = row?;
    let found = find(&state, row).await?;
    let decision = found.decided.as_ref().map(|decided| Decision {
        choice: decided.choice.as_str().to_owned(),
        company_id: decided.company_id.map(|id| id.to_string()).unwrap_or_default(),
    });
    let frame = administrator.frame(&headers, Section::Import);
    Ok(Page(page(frame, &found, decision.unwrap_or_default(), &[])))
}

/// Writes a decision down; the form comes back where it is none.
pub(super) async fn decide(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    row: Result<Id<i64>, Problem>,
    Form(decision): Form<Decision>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(row) = row?;
    let found = find(&state, row).await?;
    let outcome = match decision.read() {
        Ok((choice, company)) => {
            decide_conflict(&state, &administrator.actor(), row, choice, company).await
        }
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(_) => {
            let toast = format!("Decided about row {row}; the next import honours it");
            Ok(redirect_with_toast("/admin/import/conflicts", &toast))
        }
        Err(problem) if problem.kind == Kind::Invalid => {
            let errors: Vec<(String, String)> =
                problem.fields.into_iter().map(|error| (error.field, error.message)).collect();
            let frame = administrator.frame(&headers, Section::Import);
            let page = Page(page(frame, &found, decision, &errors));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Takes what was decided back.
pub(super) async fn withdraw(
    administrator: Administrator,
    Extract(state): Extract<State>,
    row: Result<Id<i64>, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Admin)?;
    let Id(row) = row?;
    withdraw_decision(&state, &administrator.actor(), row).await?;
    let toast = format!("Row {row} is open again");
    Ok(redirect_with_toast(&format!("/admin/import/conflicts/{row}"), &toast))
}

impl Decision {
    fn read(&self) -> Result<(Choice, Option<i32>), Problem> {
        let wrong = |field: &str, message: &str| {
            let (field, message) = (field.to_owned(), message.to_owned());
            Problem::invalid(vec![crate::FieldProblem { field, message }])
        };
        let choice = self.choice.parse().map_err(|_| wrong("choice", "choose one"))?;
        let company = self.company_id.trim();
        // The field stands beside every choice.
        if choice != Choice::Assign || company.is_empty() {
            return Ok((choice, None));
        }
        let id =
            company.parse().map_err(|_| wrong("company_id", "it is the number of a company"))?;
        Ok((choice, Some(id)))
    }
}

async fn find(state: &State, row: i64) -> Result<PlannedConflict, Problem> {
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let missing = || Problem::not_found("conflict in the last plan");
    let plan = find_last_done(executor, TaskKind::Plan).await?.ok_or_else(missing)?;
    let filter = ConflictFilter { row: Some(row), ..ConflictFilter::default() };
    let window = Window { after: None, limit: 1 };
    let found = list_planned_conflicts(executor, plan.id, &filter, &window).await?;
    found.into_iter().next().ok_or_else(missing)
}

fn page(
    frame: Frame,
    found: &PlannedConflict,
    decision: Decision,
    errors: &[(String, String)],
) -> ConflictPage {
    let conflict = found.conflict;
    let choices = found.choices().iter();
    let error_of = |name: &str| {
        let error = errors.iter().find(|(field, _)| field == name);
        error.map(|(_, message)| message.clone()).unwrap_or_default()
    };
    ConflictPage {
        frame,
        found: found.into(),
        choices: choices
            .map(|choice| (choice.as_str(), choice_title(*choice), conflict.effect(*choice)))
            .collect(),
        choice: decision.choice,
        company_id: decision.company_id,
        choice_error: error_of("choice"),
        company_error: error_of("company_id"),
    }
}
