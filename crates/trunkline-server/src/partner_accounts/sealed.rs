use trunkline_core::Random;
use trunkline_core::secrets::{KeyRing, OpenError, Place, Secret};
use trunkline_store::partner_accounts::PartnerAccount;

use super::fields::{Column, FieldSpec};

/// What stands in a field of an account.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// Nothing.
    Nothing,
    /// A text that may be shown.
    Plain(String),
    /// A secret.
    Secret(Secret),
    /// Ciphertext that does not open, with the reason: of a key that is gone, or not ours.
    Unreadable(String),
}

impl Stored {
    /// Reads a field, opening it where it is sealed.
    pub(crate) fn read(keys: &KeyRing, account: &PartnerAccount, field: &FieldSpec) -> Self {
        let Some(text) = field.column.get(account) else { return Self::Nothing };
        if !field.column.is_sealed() {
            return Self::Plain(text.to_owned());
        }
        let row = account.id.to_string();
        match keys.open(&place(field.column, &row), text) {
            Ok(secret) if field.is_secret => Self::Secret(secret),
            Ok(shown) => Self::Plain(shown.expose().to_owned()),
            Err(OpenError::Malformed) => {
                let advice =
                    "it is not sealed; replace it, or run `trunkline keys encrypt-existing`";
                Self::Unreadable(advice.to_owned())
            }
            Err(error) => Self::Unreadable(format!("{error}; replace it, or bring the key back")),
        }
    }

    /// The text, for the provider alone.
    pub(crate) fn expose(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Secret(secret) => Some(secret.expose()),
            Self::Nothing | Self::Unreadable(_) => None,
        }
    }

    /// Whether anything stands there.
    pub(crate) fn is_set(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

/// Writes a text into a field, sealed where that is so; what stands there already is left as it is.
pub(crate) fn write(
    (keys, random): (&KeyRing, &Random),
    account: &mut PartnerAccount,
    field: &FieldSpec,
    text: Option<&Secret>,
) {
    if text.map(Secret::expose) == Stored::read(keys, account, field).expose() && text.is_some() {
        return;
    }
    let row = account.id.to_string();
    let stored = text.map(|text| {
        if field.column.is_sealed() {
            keys.seal(&place(field.column, &row), text, &mut random.clone())
        } else {
            text.expose().to_owned()
        }
    });
    field.column.set(account, stored);
}

fn place(column: Column, row: &str) -> Place<'_> {
    Place { schema: "public", table: "partner_configurations", column: column.as_str(), row }
}
