use std::collections::BTreeMap;

use askama::Template;
use axum::Extension;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use trunkline_migrate::catalog::{Check, Outcome, mends};

use super::recent::Recent;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, filter};
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "migrations/verify.html")]
struct VerifyPage {
    frame: Frame,
    checks: usize,
    errors: usize,
    findings: Vec<Finding>,
    /// Each relation, and how many of its checks are well.
    relations: Vec<(String, usize)>,
    /// The SQL that would mend it.
    mend: String,
}

impl VerifyPage {
    fn errors_text(&self) -> String {
        filter::counted(self.errors, "difference", "differences", false)
    }
}

struct Finding {
    tone: &'static str,
    result: &'static str,
    kind: String,
    object: String,
    expected: String,
    found: String,
    note: String,
}

impl From<&Check> for Finding {
    fn from(check: &Check) -> Self {
        let (tone, result) = match check.result {
            Outcome::Ok => ("good", "Well"),
            Outcome::Missing => ("bad", "Missing"),
            Outcome::Different => ("bad", "Different"),
            Outcome::Extra => ("info", "Extra, kept"),
        };
        Self {
            tone,
            result,
            kind: check.kind.to_string(),
            object: check.object.clone(),
            expected: check.expected.clone().unwrap_or_default(),
            found: check.found.clone().unwrap_or_default(),
            note: check.note.clone().unwrap_or_default(),
        }
    }
}

/// Compares the database with what the migrations make.
pub(super) async fn verify(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    Extension(recent): Extension<Recent<Vec<Check>>>,
) -> Result<Page<impl Template>, PageProblem> {
    let checks = recent.get(&state, state.migrator.verify(Some(trunkline_store::CATALOG))).await?;
    let mut relations: BTreeMap<String, usize> = BTreeMap::new();
    for check in checks.iter().filter(|check| check.result == Outcome::Ok) {
        *relations.entry(check.relation.clone()).or_default() += 1;
    }
    let findings = checks.iter().filter(|check| check.result != Outcome::Ok);
    Ok(Page(VerifyPage {
        frame: administrator.frame(&headers, Section::Migrations),
        checks: checks.len(),
        errors: checks.iter().filter(|check| check.result.is_error()).count(),
        findings: findings.map(Finding::from).collect(),
        relations: relations.into_iter().collect(),
        mend: mends(&checks),
    }))
}
