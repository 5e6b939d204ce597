use regex_lite::Regex;
use trunkline_providers::guard::Guard;

/// What a text must look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Matches a pattern of ECMA 262, which the document of the API shows too.
    Pattern {
        /// From `^` to `$`.
        pattern: &'static str,
        /// In bytes.
        longest: usize,
        /// What it looks like, after "it must be".
        says: &'static str,
    },
    /// Words for people, of so many characters at most.
    Words(usize),
    /// https to a public host.
    Url,
}

impl Shape {
    /// So many characters at most.
    pub(crate) fn longest(self) -> usize {
        match self {
            Self::Pattern { longest, .. } | Self::Words(longest) => longest,
            Self::Url => 2048,
        }
    }

    /// The pattern.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Self::Pattern { pattern, .. } => pattern,
            Self::Words(_) => r"\S",
            Self::Url => "^https?://",
        }
    }

    /// What is wrong with a text, without repeating it: it may be a secret.
    pub(crate) fn check(self, text: &str, guard: &Guard) -> Result<(), String> {
        if text.chars().count() > self.longest() {
            return Err(format!("it must have at most {} characters", self.longest()));
        }
        if text.chars().any(char::is_control) {
            return Err("it holds control characters, such as a line break or a tab".to_owned());
        }
        if text.chars().any(turns_direction) {
            return Err("it holds characters that turn the direction of writing".to_owned());
        }
        match self {
            Self::Pattern { pattern, says, .. } => {
                let matches = Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
                matches.then_some(()).ok_or_else(|| format!("it must be {says}"))
            }
            Self::Words(_) if text.trim().is_empty() => {
                Err("it must not be blank; leave it out, or say null to clear it".to_owned())
            }
            Self::Words(_) => Ok(()),
            // The guard looks at the host first, which `javascript:` has not.
            Self::Url if !text.starts_with("https://") && !text.starts_with("http://") => {
                Err("it must begin with https://".to_owned())
            }
            Self::Url => guard.parse(text).map(drop).map_err(|refusal| refusal.to_string()),
        }
    }
}

/// Bidirectional controls (Unicode Standard Annex 9), by which a text shows other than it reads.
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use trunkline_core::Provider;
    use trunkline_providers::guard::Guard;

    use super::Shape;
    use crate::partner_accounts::fields_of;

    #[test]
    fn every_pattern_is_one_and_is_anchored() {
        for field in Provider::ALL.iter().flat_map(|provider| fields_of(*provider)) {
            if let Shape::Pattern { pattern, .. } = field.shape {
                assert!(regex_lite::Regex::new(pattern).is_ok(), "{}", field.name);
                assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{}", field.name);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        let shape = Shape::Pattern { pattern: "^[0-9]+$", longest: 4, says: "a number" };
        let check = |text: &str| shape.check(text, &Guard::new()).unwrap_err();
        assert_eq!(check("secret"), "it must have at most 4 characters");
        assert_eq!(check("a\nb"), "it holds control characters, such as a line break or a tab");
        assert_eq!(check("abc"), "it must be a number");
    }
}
