use std::collections::BTreeMap;

use serde_json::{Map, Value};
use trunkline_core::{Provider, Role};

use crate::Problem;
use crate::admin::form::sentence;
use crate::partner_accounts::{AccountDocument, FieldSpec, fields_of};
use crate::problem::FieldProblem;

/// What a form sent, by name.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeMap<String, String>);

impl Given {
    /// Reads the pairs of a form; pasted texts often bring spaces along.
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().map(|(name, text)| (name, text.trim().to_owned())).collect())
    }

    /// What stands in a field, empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The body of the operation for an account of this provider. An empty secret is left as it is,
    /// unless its removal is ticked; another empty field is cleared.
    pub(super) fn body(&self, provider: Provider, is_new: bool) -> Map<String, Value> {
        let mut body = Map::new();
        for field in fields_of(provider) {
            let Some(text) = self.0.get(field.name) else { continue };
            let is_removed = !self.get(&format!("remove_{}", field.name)).is_empty();
            let value = match (text.as_str(), field.is_secret) {
                ("", true) if is_removed => Value::Null,
                ("", true) => continue,
                ("", false) if is_new => continue,
                ("", false) => Value::Null,
                (text, _) => Value::from(text),
            };
            body.insert(field.name.to_owned(), value);
        }
        body
    }
}

/// A field as a form shows it.
#[derive(Debug)]
pub(super) struct FieldView {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub value: String,
    pub error: String,
    pub kind: &'static str,
    pub is_secret: bool,
    pub is_required: bool,
    /// Of a secret that is set: its end, or dots if too short to show any.
    pub last_four: String,
    pub fingerprint: String,
    /// An optional secret that is set can be removed.
    pub is_removable: bool,
}

/// The fields of a form; what was typed goes before what is stored, and no secret comes back.
pub(super) fn views(
    provider: Provider,
    role: Role,
    stored: Option<&AccountDocument>,
    given: Option<&Given>,
    problem: Option<&Problem>,
) -> Vec<FieldView> {
    let view = |field: &'static FieldSpec| {
        let state = stored.and_then(|account| account.secrets.get(field.name));
        let state = state.filter(|state| state.is_set);
        let typed = given.and_then(|given| given.0.get(field.name).cloned());
        let shown = stored.and_then(|account| account.shown.get(field.name).cloned().flatten());
        let error =
            problem.and_then(|problem| problem.fields.iter().find(|p| p.field == field.name));
        FieldView {
            name: field.name,
            label: field.label,
            help: field.help,
            value: if field.is_secret { None } else { typed.or(shown) }.unwrap_or_default(),
            error: error.map(|error| sentence(&error.message)).unwrap_or_default(),
            kind: if field.name.ends_with("_url") { "url" } else { "text" },
            is_secret: field.is_secret,
            is_required: field.is_required && state.is_none(),
            last_four: state.map_or_else(String::new, |state| {
                state.last_four.clone().unwrap_or_else(|| "····".to_owned())
            }),
            fingerprint: state.and_then(|state| state.fingerprint.clone()).unwrap_or_default(),
            is_removable: state.is_some() && !field.is_required,
        }
    };
    let may_see = |field: &&FieldSpec| field.name != "base_url" || role >= Role::Owner;
    fields_of(provider).filter(may_see).map(view).collect()
}

/// What is wrong, by field, for the summary above a form; `label` gives what the form calls a field.
pub(super) fn errors(
    problem: Option<&Problem>,
    label: impl Fn(&str) -> Option<&'static str>,
) -> Vec<(String, String)> {
    let fields = problem.map(|problem| problem.fields.as_slice()).unwrap_or_default();
    let line = |problem: &FieldProblem| match label(&problem.field) {
        Some(label) => format!("{label}: {}", problem.message),
        None => sentence(&problem.message),
    };
    fields.iter().map(|problem| (problem.field.clone(), line(problem))).collect()
}

/// What forms call a field of an account.
pub(super) fn label_of(provider: Provider) -> impl Fn(&str) -> Option<&'static str> {
    move |name| fields_of(provider).find(|field| field.name == name).map(|field| field.label)
}
