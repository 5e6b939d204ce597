use std::str::FromStr;

use tokio_postgres::Row;

use crate::StoreError;

/// A column of a small vocabulary, which a CHECK keeps to its words.
pub(crate) fn word<T: FromStr>(row: &Row, column: &str) -> Result<T, StoreError> {
    let word: &str = row.get(column);
    word.parse().map_err(|_| StoreError::Query {
        doing: "read a row",
        reason: format!("{column} holds a word of a newer release: {word}"),
        code: None,
    })
}

/// An enum whose variants are words of the tables and of the API.
macro_rules! words {
    ($(#[$of:meta])* $name:ident { $($(#[$variant_of:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_of])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            fn from_str(word: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or(())
            }
        }
    };
}

pub(crate) use words;
