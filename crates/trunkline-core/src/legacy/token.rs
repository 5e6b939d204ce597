use super::fields::Fields;
use super::{Conflict, LegacyRow, Note, some_text};
use crate::secrets::{Form, Secret};

/// What programs write where they have no token.
const PLACEHOLDERS: [&str; 5] = ["null", "undefined", "none", "nan", "[object object]"];

/// How ciphertexts begin that carry no colon: `OpenSSL` and `CryptoJS` ("Salted__"), Laravel (`{"iv":`), Fernet.
const CIPHERTEXTS: [&str; 3] = ["U2FsdGVkX1", "eyJpdiI6", "gAAAAA"];

/// The token of a row: under one of `keys`, else in the column `access_token`.
pub(super) fn read(
    row: &LegacyRow<'_>,
    fields: &mut Fields,
    keys: &[&str],
) -> Result<Option<Secret>, Conflict> {
    let in_column = row.access_token.and_then(some_text);
    let in_data = fields.secret(keys)?;
    if let (Some(one), Some(other)) = (&in_data, &in_column)
        && one != other
    {
        fields.note(Note::TokensDiffer);
    }
    in_data.or(in_column).map(checked).transpose()
}

/// Refuses what cannot be a token.
pub(super) fn checked(token: String) -> Result<Secret, Conflict> {
    let first = token.chars().next();
    let is_one_character = token.chars().all(|character| Some(character) == first);
    let is_masked = is_one_character || token.contains('*') || token.ends_with("...");
    // No provider's token has a colon; `iv:ciphertext` and `vault:v1:…` have.
    let is_encrypted =
        token.contains(':') || CIPHERTEXTS.iter().any(|begin| token.starts_with(begin));
    let is_placeholder = PLACEHOLDERS.iter().any(|word| token.eq_ignore_ascii_case(word));
    let is_text = token.chars().all(|character| character.is_ascii_graphic());
    let is_sealed = Form::of(&token) != Form::Plaintext;
    if is_masked || is_encrypted || is_placeholder || !is_text || is_sealed {
        return Err(Conflict::TokenUnreadable);
    }
    Ok(Secret::new(token))
}
