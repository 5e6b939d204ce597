use serde::Serialize;

/// One thing that is missing, and the command that mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A sentence.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn list(problems: &[Self]) -> String {
        problems.iter().map(|problem| format!("- {}", problem.what)).collect::<Vec<_>>().join("\n")
    }
}
