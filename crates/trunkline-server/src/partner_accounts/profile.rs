use std::collections::HashSet;

use oxilangtag::LanguageTag;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trunkline_providers::guard::Guard;
use utoipa::ToSchema;

use super::shape::Shape;
use crate::problem::FieldProblem;

/// So many languages at most.
const MOST_LANGUAGES: usize = 20;

const COLOR: Shape =
    Shape::Pattern { pattern: "^#[0-9a-fA-F]{6}$", longest: 7, says: "a colour as #1a7f37" };
const EMAIL: Shape = Shape::Pattern {
    pattern: r#"^[^\s@<>"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"#,
    longest: 254,
    says: "an email address, as help@example.com",
};
const PHONE: Shape = Shape::Pattern {
    pattern: r"^\+[1-9][0-9]{6,14}$",
    longest: 16,
    says: "a phone number as +15551234567, without spaces",
};

/// What companies see before they connect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PublicProfile {
    /// Who offers `WhatsApp` to them.
    #[schema(max_length = 100)]
    pub company_name: Option<String>,
    /// A logo elsewhere, https; an uploaded one goes before it.
    #[schema(max_length = 2048, pattern = "^https?://")]
    pub logo_url: Option<String>,
    /// Colours of the onboarding page.
    #[schema(inline)]
    pub colors: Colors,
    /// Where companies find help.
    #[schema(inline)]
    pub support: Support,
    /// The languages of the onboarding page (BCP 47), the first one where the browser asks for none of them.
    #[schema(max_items = 20, example = json!(["en", "pt-BR"]))]
    pub languages: Vec<String>,
    /// The terms that companies agree to.
    #[schema(max_length = 2048, pattern = "^https?://")]
    pub terms_url: Option<String>,
    /// What is done with their data.
    #[schema(max_length = 2048, pattern = "^https?://")]
    pub privacy_url: Option<String>,
}

/// Colours, each as `#1a7f37`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Colors {
    /// Of buttons and links.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    pub primary: Option<String>,
    /// Of the page.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    pub background: Option<String>,
    /// Of what is written.
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    pub text: Option<String>,
}

/// Where companies find help.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Support {
    /// An email address.
    #[schema(max_length = 254)]
    pub email: Option<String>,
    /// A phone number in E.164.
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$")]
    pub phone: Option<String>,
    /// A page.
    #[schema(max_length = 2048, pattern = "^https?://")]
    pub url: Option<String>,
}

impl PublicProfile {
    /// Reads what a client sent; what is wrong names the field, under `public_profile`.
    pub(crate) fn read(given: Value, guard: &Guard) -> Result<Self, Vec<FieldProblem>> {
        // Arrays would be read as structs, field by field.
        for path in ["", "colors", "support"] {
            let part = if path.is_empty() { Some(&given) } else { given.get(path) };
            if part.is_some_and(|part| !part.is_object()) {
                return Err(vec![problem(path, "it must be an object")]);
            }
        }
        let read: Result<Self, _> = serde_path_to_error::deserialize(given);
        let mut profile = read.map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { "" } else { &path };
            vec![problem(field, without_value(&error.inner().to_string()))]
        })?;
        let mut problems = profile.check(guard);
        problems.extend(profile.check_languages());
        if problems.is_empty() { Ok(profile) } else { Err(problems) }
    }

    fn check(&self, guard: &Guard) -> Vec<FieldProblem> {
        let fields = [
            ("company_name", &self.company_name, Shape::Words(100)),
            ("logo_url", &self.logo_url, Shape::Url),
            ("colors.primary", &self.colors.primary, COLOR),
            ("colors.background", &self.colors.background, COLOR),
            ("colors.text", &self.colors.text, COLOR),
            ("support.email", &self.support.email, EMAIL),
            ("support.phone", &self.support.phone, PHONE),
            ("support.url", &self.support.url, Shape::Url),
            ("terms_url", &self.terms_url, Shape::Url),
            ("privacy_url", &self.privacy_url, Shape::Url),
        ];
        let wrong = |(field, text, shape): (&str, &Option<String>, Shape)| {
            let checked = shape.check(text.as_ref()?, guard);
            checked.err().map(|message| problem(field, message))
        };
        fields.into_iter().filter_map(wrong).collect()
    }

    /// Checks the languages, and writes each as BCP 47 recommends.
    fn check_languages(&mut self) -> Vec<FieldProblem> {
        if self.languages.len() > MOST_LANGUAGES {
            let message = format!("there must be at most {MOST_LANGUAGES}");
            return vec![problem("languages", message)];
        }
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        for (language, place) in self.languages.iter_mut().zip(0..) {
            let field = format!("languages[{place}]");
            match LanguageTag::parse_and_normalize(language) {
                Ok(tag) if language.len() <= 35 => *language = tag.into_inner(),
                _ => {
                    let message = "it must be a language tag (BCP 47), as en or pt-BR";
                    problems.push(problem(&field, message));
                    continue;
                }
            }
            if !seen.insert(language.clone()) {
                problems.push(problem(&field, "it stands there twice"));
            }
        }
        problems
    }

    /// What of a stored profile is ours; the platform may keep more there, and may have written
    /// anything.
    pub(crate) fn of_stored(stored: &Value) -> Self {
        let at = |path: &str| stored.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let languages = stored.get("languages").and_then(Value::as_array);
        let languages = languages.into_iter().flatten().filter_map(Value::as_str);
        Self {
            company_name: at("/company_name"),
            logo_url: at("/logo_url"),
            colors: Colors {
                primary: at("/colors/primary"),
                background: at("/colors/background"),
                text: at("/colors/text"),
            },
            support: Support {
                email: at("/support/email"),
                phone: at("/support/phone"),
                url: at("/support/url"),
            },
            languages: languages.map(str::to_owned).collect(),
            terms_url: at("/terms_url"),
            privacy_url: at("/privacy_url"),
        }
    }

    /// The profile to store, with what else stands there.
    pub(crate) fn store_over(&self, stored: &Value) -> Value {
        let mut all = stored.as_object().cloned().unwrap_or_default();
        if let Ok(Value::Object(ours)) = serde_json::to_value(self) {
            all.extend(ours.into_iter().map(|(name, value)| (name, without_nulls(value))));
        }
        Value::Object(all.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        other => other,
    }
}

fn problem(field: &str, message: impl Into<String>) -> FieldProblem {
    let separator = if field.is_empty() { "" } else { "." };
    FieldProblem { field: format!("public_profile{separator}{field}"), message: message.into() }
}

/// serde repeats the value; somebody may have put a secret into the wrong field.
fn without_value(message: &str) -> String {
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    match expected {
        Some(expected) if message.starts_with("invalid ") => format!("it must be {expected}"),
        _ => message.to_owned(),
    }
}
