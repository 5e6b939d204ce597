use crate::problem::{FieldProblem, Problem};

/// Gathers what is wrong with a request, so that one answer names every field.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<FieldProblem>);

impl Checks {
    /// Notes a field unless it holds what it may.
    pub(crate) fn demand(&mut self, holds: bool, field: &str, message: impl Into<String>) {
        if !holds {
            self.0.push(FieldProblem { field: field.to_owned(), message: message.into() });
        }
    }

    /// A line that people read: not blank, of at most `most` characters, none of them for control.
    pub(crate) fn line(&mut self, field: &str, text: &str, most: usize) {
        self.demand(!text.trim().is_empty(), field, "it must not be blank");
        let length = text.chars().count();
        self.demand(length <= most, field, format!("it has {length} characters; {most} at most"));
        let plain = !text.chars().any(char::is_control);
        self.demand(plain, field, "it holds a control character, such as a line break");
    }

    /// Refuses if anything is wrong.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}
