use serde_json::{Map, Value};
use trunkline_core::Provider;
use trunkline_core::secrets::Secret;
use trunkline_providers::guard::Guard;

use super::PublicProfile;
use super::fields::{FieldSpec, fields_of, find_field, owner_of};
use crate::Problem;
use crate::problem::FieldProblem;

/// So many problems are told at once; a body of thousands of unknown fields needs no longer answer.
const MOST_PROBLEMS: usize = 30;

/// The longest name of an unknown field that is repeated, in characters.
const LONGEST_NAME: usize = 60;

/// What a client wants of an account, read and checked.
#[derive(Debug)]
pub(crate) struct Input {
    /// New values; `None`: taken away.
    pub fields: Vec<(&'static FieldSpec, Option<Secret>)>,
    /// A new profile.
    pub public_profile: Option<PublicProfile>,
    /// Whether a new account is in use.
    pub is_active: bool,
}

/// Takes the field `provider` out of a body.
pub(crate) fn take_provider(body: &mut Map<String, Value>) -> Result<Provider, Problem> {
    let given = body.remove("provider");
    given.as_ref().and_then(Value::as_str).and_then(|word| word.parse().ok()).ok_or_else(|| {
        let words: Vec<_> = Provider::ALL.iter().map(|provider| provider.as_str()).collect();
        refuse("provider", format!("it must be one of {}", words.join(", ")))
    })
}

impl Input {
    /// Reads a body, `provider` apart. A new account must have every required field; in an edit what is
    /// left out stays.
    pub(crate) fn read(
        provider: Provider,
        body: Map<String, Value>,
        is_new: bool,
        guard: &Guard,
    ) -> Result<Self, Problem> {
        let mut input = Self { fields: Vec::new(), public_profile: None, is_active: true };
        let mut problems = Vec::new();
        for (name, value) in body {
            let read = match (name.as_str(), value) {
                ("public_profile", value) => {
                    match PublicProfile::read(value, guard) {
                        Ok(profile) => input.public_profile = Some(profile),
                        Err(several) => problems.extend(several),
                    }
                    continue;
                }
                ("is_active", Value::Bool(is_active)) if is_new => {
                    input.is_active = is_active;
                    continue;
                }
                ("is_active", _) if is_new => Err("it must be true or false".to_owned()),
                (_, value) => input.read_field(provider, &name, value, guard),
            };
            if let Err(message) = read {
                let field = name.chars().take(LONGEST_NAME).collect();
                problems.push(FieldProblem { field, message });
            }
        }
        if is_new {
            problems.extend(input.missing(provider, &problems));
        }
        problems.truncate(MOST_PROBLEMS);
        if problems.is_empty() { Ok(input) } else { Err(Problem::invalid(problems)) }
    }

    fn read_field(
        &mut self,
        provider: Provider,
        name: &str,
        value: Value,
        guard: &Guard,
    ) -> Result<(), String> {
        let Some(field) = find_field(provider, name) else {
            return Err(unknown(provider, name));
        };
        let text = match value {
            Value::String(text) => Some(Secret::new(text)),
            Value::Null if field.is_required => {
                return Err(format!("{} cannot be without it", provider.name()));
            }
            Value::Null => None,
            _ => return Err("it must be a text".to_owned()),
        };
        if let Some(text) = &text {
            field.shape.check(text.expose(), guard)?;
        }
        self.fields.push((field, text));
        Ok(())
    }

    /// Required fields that were neither given nor found wrong.
    fn missing(&self, provider: Provider, problems: &[FieldProblem]) -> Vec<FieldProblem> {
        let is_there = |field: &FieldSpec| {
            self.fields.iter().any(|(given, _)| given.name == field.name)
                || problems.iter().any(|problem| problem.field == field.name)
        };
        let missing = fields_of(provider).filter(|field| field.is_required && !is_there(field));
        let problem = |field: &FieldSpec| FieldProblem {
            field: field.name.to_owned(),
            message: format!("it is missing. {}", field.help),
        };
        missing.map(problem).collect()
    }
}

fn unknown(provider: Provider, name: &str) -> String {
    match (name, owner_of(name)) {
        ("provider", _) => "an account stays with its provider; add another account".to_owned(),
        ("is_active", _) => {
            "use the operations activate and deactivate, which look after the default".to_owned()
        }
        (_, Some(owner)) => format!(
            "it is a field of {} accounts, and this is one of {}",
            owner.name(),
            provider.name()
        ),
        _ => {
            let names: Vec<_> = fields_of(provider).map(|field| field.name).collect();
            format!("there is no such field; there are {}, public_profile", names.join(", "))
        }
    }
}

/// One field that holds what it may not.
pub(crate) fn refuse(field: &str, message: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldProblem { field: field.to_owned(), message: message.into() }])
}
