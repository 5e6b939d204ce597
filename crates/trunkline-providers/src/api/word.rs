use std::fmt;

use serde::{Serialize, Serializer};

/// The words of a provider's list that mean something here.
pub trait Known: Copy + fmt::Debug + PartialEq {
    /// What a word means; letters are compared without their case, as the providers do not agree with themselves on it.
    fn of(word: &str) -> Option<Self>;
}

/// A word out of a provider's list, which is open: what it means where that is known, and the word as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<T> {
    raw: Box<str>,
    known: Option<T>,
}

impl<T: Known> Word<T> {
    /// Reads a word.
    pub fn new(raw: impl Into<Box<str>>) -> Self {
        let raw = raw.into();
        let known = T::of(&raw);
        Self { raw, known }
    }

    /// What it means; `None` for a word of a newer list.
    pub fn known(&self) -> Option<T> {
        self.known
    }

    /// As it came.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Whether it means this.
    pub fn is(&self, known: T) -> bool {
        self.known == Some(known)
    }
}

impl<T> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.raw)
    }
}

/// An enum of [`Known`] words.
macro_rules! words {
    ($(#[$of:meta])* $name:ident { $($(#[$variant_of:meta])* $variant:ident = $($word:literal)|+,)* }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_of])* $variant,)*
        }

        impl $crate::api::Known for $name {
            fn of(word: &str) -> Option<Self> {
                let words = [$($((Self::$variant, $word),)+)*];
                let found = words.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
                found.map(|(known, _)| known)
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::Word;
    use crate::meta::NumberStatus;

    #[test]
    fn a_word_is_known_in_any_case_and_kept_as_it_came() {
        let word = Word::<NumberStatus>::new("Connected");
        assert!(word.is(NumberStatus::Connected));
        assert_eq!(word.as_str(), "Connected");
        let newer = Word::<NumberStatus>::new("ON_THE_MOON");
        assert_eq!((newer.known(), newer.as_str()), (None, "ON_THE_MOON"));
        assert_eq!(serde_json::to_string(&newer).unwrap(), r#""ON_THE_MOON""#);
    }
}
