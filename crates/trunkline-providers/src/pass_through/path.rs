use std::fmt;

/// The longest path, in bytes, and the most parts of one.
const LONGEST: usize = 400;
const MOST_PARTS: usize = 8;

/// A path below a provider's address, as it stood in the request's line: parts that every reader of URLs reads alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'a>(Vec<&'a str>);

/// A path that may mean something else to another reader: encoded, with dots or empty parts, or with other characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a path has one to eight parts of letters, digits and . _ - only, divided by single slashes, and none of them is . or .."
)]
pub struct PathRefused;

impl<'a> Path<'a> {
    /// Reads the path as it was sent, nothing decoded.
    pub fn parse(raw: &'a str) -> Result<Self, PathRefused> {
        if raw.len() > LONGEST {
            return Err(PathRefused);
        }
        let parts: Vec<&str> = raw.split('/').collect();
        if parts.len() <= MOST_PARTS && parts.iter().all(|part| is_part(part)) {
            Ok(Self(parts))
        } else {
            Err(PathRefused)
        }
    }

    /// Its parts, at least one.
    pub fn parts(&self) -> &[&'a str] {
        &self.0
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

fn is_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !part.is_empty() && part.bytes().all(plain) && part.bytes().any(|byte| byte != b'.')
}
