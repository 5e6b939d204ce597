//! What operators type, read before anything is sent.

use secrecy::SecretString;
use trunkline_providers::meta::CodeMethod;

use crate::problem::FieldProblem;

fn wrong<T>(field: &str, message: &str) -> Result<T, FieldProblem> {
    Err(FieldProblem { field: field.to_owned(), message: message.to_owned() })
}

/// A two-step verification PIN: six digits.
pub(crate) fn pin(text: &str) -> Result<SecretString, FieldProblem> {
    let text = text.trim();
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned().into());
    }
    wrong("pin", "it has six digits")
}

/// A code that a phone got; people write hyphens and blanks in it.
pub(crate) fn code(text: &str) -> Result<SecretString, FieldProblem> {
    let digits = text.replace(['-', ' '], "");
    if (4..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits.into());
    }
    wrong("code", "it is the digits that the phone got, usually six")
}

/// How a code is sent: `sms`, which is usual, or `voice`.
pub(crate) fn method(text: &str) -> Result<CodeMethod, FieldProblem> {
    match text {
        "" | "sms" => Ok(CodeMethod::Sms),
        "voice" => Ok(CodeMethod::Voice),
        _ => wrong("method", "it is sms or voice"),
    }
}

/// In which language: `en_US`, which is usual, or another of this form.
pub(crate) fn language(text: &str) -> Result<String, FieldProblem> {
    let text = if text.is_empty() { "en_US" } else { text };
    let (language, country) = text.split_once('_').unwrap_or((text, "US"));
    let is_language =
        (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_language && is_country {
        return Ok(text.to_owned());
    }
    wrong("language", "it is a language, and a country after an underscore, as en_US")
}
