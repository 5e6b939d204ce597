use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::PageProblem;
use crate::problem::{Kind, Problem};

/// What a form of ours sent. A field that is missing is for the handler to notice, as one that is
/// empty: give it `#[serde(default)]`.
#[derive(Debug)]
pub(crate) struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = PageProblem;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageProblem> {
        match axum::Form::from_request(request, state).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(rejection) if rejection.status().as_u16() == 413 => {
                Err(Problem::new(Kind::TooLarge, "the form is larger than it may be").into())
            }
            // Not what serde says, in which a value may stand.
            Err(_) => {
                let detail = "what was sent is not what the page's form sends; open the page again";
                Err(Problem::new(Kind::Malformed, detail).into())
            }
        }
    }
}

/// What a problem says, as people write it.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let text = first + letters.as_str();
    if text.ends_with('.') { text } else { text + "." }
}

/// What is wrong with the fields of a form, as its page shows it.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    /// The name of the field, and a sentence.
    pub list: Vec<(&'static str, String)>,
}

impl Errors {
    /// One error.
    pub(crate) fn one(field: &'static str, message: impl Into<String>) -> Self {
        Self { list: vec![(field, message.into())] }
    }

    /// The sentence about a field, or nothing.
    pub(crate) fn of(&self, field: &str) -> &str {
        self.list.iter().find(|(known, _)| *known == field).map_or("", |(_, message)| message)
    }

    /// Whether all is well.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Notes what is wrong with a field.
    pub(crate) fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.list.push((field, message.into()));
    }

    /// The value of a field, or nothing and a note of what is wrong with it.
    pub(crate) fn take(&mut self, field: &'static str, parsed: Result<String, String>) -> String {
        parsed.unwrap_or_else(|message| {
            self.add(field, message);
            String::new()
        })
    }
}
