//! Small vocabularies, each a word of PostgreSQL, of the API and of the pages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A word that is not of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{word}` is none of {vocabulary}")]
pub struct UnknownWord {
    /// What was said.
    pub word: String,
    /// What may be said, separated by commas.
    pub vocabulary: String,
}

/// An enum whose variants are words.
macro_rules! vocabulary {
    ($(#[$of:meta])* $name:ident { $($(#[$variant_of:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_of])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    vocabulary: Self::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// A provider of WhatsApp whose partner the platform is.
    Provider {
        /// 360dialog.
        Dialog360 = "360dialog",
        /// Meta, directly.
        Meta = "meta",
        /// Twilio.
        Twilio = "twilio",
    }
}

impl Provider {
    /// Its name as it writes it itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dialog360 => "360dialog",
            Self::Meta => "Meta",
            Self::Twilio => "Twilio",
        }
    }
}

vocabulary! {
    /// What somebody may do; each role may do what those before it may.
    Role {
        /// Reads.
        Viewer = "viewer",
        /// Works with clients and channels.
        Operator = "operator",
        /// Configures partner accounts, API keys, and users that are no owners.
        Admin = "admin",
        /// Everything.
        Owner = "owner",
    }
}

/// Whose data somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Platform,
    /// One company's, by `companies.id`, and nothing else.
    Company(i32),
}

impl Scope {
    /// The company, when it is one alone.
    pub const fn company(self) -> Option<i32> {
        match self {
            Self::Platform => None,
            Self::Company(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Provider, Role};

    #[test]
    fn a_word_is_read_back_and_another_is_refused_by_naming_all() {
        for provider in Provider::ALL {
            assert_eq!(provider.as_str().parse(), Ok(*provider));
        }
        let error = "Meta".parse::<Provider>().unwrap_err();
        assert_eq!(error.to_string(), "`Meta` is none of 360dialog, meta, twilio");
    }

    #[test]
    fn an_owner_may_do_most() {
        assert!(
            Role::Owner > Role::Admin
                && Role::Admin > Role::Operator
                && Role::Operator > Role::Viewer
        );
    }
}
