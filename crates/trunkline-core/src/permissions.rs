//! What an API key may do beyond its role: nothing, unless it was said.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Provider;
use crate::words::{UnknownWord, vocabulary};

/// The longest path of a rule, in bytes.
const LONGEST: usize = 120;

/// The most parts of a path.
const MOST_PARTS: usize = 5;

/// One thing that a key may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Permission {
    /// Sends messages and uploads media by the pass-through.
    Send,
    /// Reads numbers, profiles, templates, messages and media by the pass-through.
    Read,
    /// Is told the credential of a channel.
    Credentials,
    /// One more method and path of a provider.
    Path(PathRule),
}

/// A method, and a path of a provider whose ids stand as placeholders: the channel's own, and no other.
///
/// `POST {waba}/message_templates` and `GET {number}/block_users` are Meta's; a path without a placeholder in front, as
/// `GET v1/configs/webhook`, is of 360dialog's messaging API, where the channel's key reaches that channel alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathRule {
    method: PathMethod,
    path: String,
}

vocabulary! {
    /// What the pass-through takes.
    PathMethod {
        /// Reads.
        Get = "GET",
        /// Does.
        Post = "POST",
        /// Takes away.
        Delete = "DELETE",
    }
}

/// What is no [`Permission`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoPermission {
    /// Neither a word nor a method and a path.
    #[error(
        "`{0}` is none of provider:send, provider:read, credentials:read, nor a method and a path, as POST {{waba}}/message_templates"
    )]
    Word(String),
    /// The path may lead elsewhere.
    #[error(
        "`{0}` is no path of a channel: it begins with {{number}} or {{waba}} (Meta), or with a name (360dialog), and goes on with at most four names of letters, digits and _"
    )]
    Path(String),
}

impl Permission {
    /// The word of each that has one, and what it means.
    pub const WORDS: [(&'static str, &'static str); 3] = [
        ("provider:send", "Sends messages and uploads media with a channel's credentials."),
        (
            "provider:read",
            "Reads numbers, profiles, templates, messages and media with a channel's credentials.",
        ),
        ("credentials:read", "Is told the credentials of channels themselves."),
    ];

    /// The rule, where it is one.
    pub const fn path(&self) -> Option<&PathRule> {
        match self {
            Self::Path(rule) => Some(rule),
            Self::Send | Self::Read | Self::Credentials => None,
        }
    }
}

impl PathRule {
    /// Whether it is about this.
    pub fn is(&self, provider: Provider, method: PathMethod, path: &str) -> bool {
        self.provider() == provider && self.method == method && self.path == path
    }

    fn provider(&self) -> Provider {
        if self.path.starts_with('{') { Provider::Meta } else { Provider::Dialog360 }
    }
}

impl FromStr for Permission {
    type Err = NoPermission;

    fn from_str(text: &str) -> Result<Self, NoPermission> {
        match text {
            "provider:send" => return Ok(Self::Send),
            "provider:read" => return Ok(Self::Read),
            "credentials:read" => return Ok(Self::Credentials),
            _ => {}
        }
        let rule = text.split_once(' ');
        let rule = rule.and_then(|(method, path)| Some((method.parse().ok()?, path)));
        let (method, path) = rule.ok_or_else(|| NoPermission::Word(text.to_owned()))?;
        if !is_path(path) {
            return Err(NoPermission::Path(path.to_owned()));
        }
        Ok(Self::Path(PathRule { method, path: path.to_owned() }))
    }
}

/// Only names behind an id of the channel: no id of something else, and nothing that a URL would read in another way.
fn is_path(path: &str) -> bool {
    let is_name = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !part.is_empty()
            && part.bytes().all(plain)
            // An id that is written out would be of one channel, or of somebody else's.
            && !part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts = path.split('/');
    let first = parts.next().unwrap_or_default();
    path.len() <= LONGEST
        && path.split('/').count() <= MOST_PARTS
        && (matches!(first, "{number}" | "{waba}") || is_name(first))
        && parts.all(is_name)
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send => f.write_str("provider:send"),
            Self::Read => f.write_str("provider:read"),
            Self::Credentials => f.write_str("credentials:read"),
            Self::Path(PathRule { method, path }) => write!(f, "{method} {path}"),
        }
    }
}

impl TryFrom<String> for Permission {
    type Error = NoPermission;

    fn try_from(text: String) -> Result<Self, NoPermission> {
        text.parse()
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{NoPermission, PathMethod, Permission};
    use crate::Provider;

    #[test]
    fn a_permission_is_written_as_it_is_read() {
        for text in [
            "provider:send",
            "provider:read",
            "credentials:read",
            "POST {waba}/message_templates",
            "GET {number}",
            "DELETE v1/configs/templates",
        ] {
            assert_eq!(text.parse::<Permission>().unwrap().to_string(), text);
        }
        for (word, _) in Permission::WORDS {
            assert_eq!(word.parse::<Permission>().unwrap().to_string(), word);
        }
    }

    #[test]
    fn a_path_that_may_lead_to_something_else_is_refused() {
        for path in [
            "",
            "/messages",
            "messages/",
            "{number}/../1029",
            "{number}/%2e%2e",
            "{number}//messages",
            "{number}/{waba}",
            "1029/phone_numbers",
            "{media}",
            "{number}/1029",
            "https://graph.facebook.com/me",
            "{number}/messages?x=1",
            "{number}/a/b/c/d/e",
            "*",
            "{waba}/*",
        ] {
            let refused = format!("GET {path}").parse::<Permission>();
            assert_eq!(refused, Err(NoPermission::Path(path.to_owned())));
        }
        for text in ["", "provider", "PUT messages", "get messages", "provider:*"] {
            assert_eq!(text.parse::<Permission>(), Err(NoPermission::Word(text.to_owned())));
        }
    }

    #[test]
    fn a_rule_is_of_one_provider() {
        let rule: Permission = "GET {number}".parse().unwrap();
        let rule = rule.path().unwrap();
        assert!(rule.is(Provider::Meta, PathMethod::Get, "{number}"));
        assert!(!rule.is(Provider::Dialog360, PathMethod::Get, "{number}"));
        assert!(!rule.is(Provider::Meta, PathMethod::Post, "{number}"));
        assert!(!rule.is(Provider::Meta, PathMethod::Get, "{number}/media"));
    }
}
