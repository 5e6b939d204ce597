use trunkline_core::{PathMethod, Permission, Provider};

use crate::pass_through::Path;
use PathMethod::{Delete, Get, Post};
use Provider::{Dialog360, Meta, Twilio};

/// What the provider calls a channel.
#[derive(Debug, Clone, Copy)]
pub struct Channel<'a> {
    /// Whose it is.
    pub provider: Provider,
    /// Meta's WABA, 360dialog's client, Twilio's account.
    pub client: &'a str,
    /// Meta's phone number id, 360dialog's channel, Twilio's sender.
    pub id: &'a str,
}

/// The paths that a word of a key stands for, ids as placeholders.
pub const ROUTES: &[(Provider, PathMethod, &str, Permission)] = &[
    (Meta, Post, "{number}/messages", Permission::Send),
    (Meta, Post, "{number}/media", Permission::Send),
    (Meta, Delete, "{media}", Permission::Send),
    (Meta, Get, "{number}", Permission::Read),
    (Meta, Get, "{number}/whatsapp_business_profile", Permission::Read),
    (Meta, Get, "{waba}/message_templates", Permission::Read),
    (Meta, Get, "{media}", Permission::Read),
    (Dialog360, Post, "messages", Permission::Send),
    (Dialog360, Post, "media", Permission::Send),
    (Dialog360, Delete, "{media}", Permission::Send),
    (Dialog360, Get, "whatsapp_business_profile", Permission::Read),
    (Dialog360, Get, "v1/configs/templates", Permission::Read),
    (Dialog360, Get, "{media}", Permission::Read),
    (Twilio, Post, "Accounts/{account}/Messages.json", Permission::Send),
    (Twilio, Get, "Accounts/{account}/Messages/{message}.json", Permission::Read),
    (Twilio, Get, "Accounts/{account}/Messages/{message}/Media.json", Permission::Read),
    (Twilio, Get, "Accounts/{account}/Messages/{message}/Media/{media}", Permission::Read),
    (Twilio, Get, "v1/Content", Permission::Read),
    (Twilio, Get, "v1/Content/{content}", Permission::Read),
];

/// What must be seen to before a request is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspect<'a> {
    /// Nothing.
    Nothing,
    /// Meta: whether the object is media that belongs to the number.
    Media(&'a str),
    /// Meta: that the body names no other method, token or object.
    GraphBody,
    /// Twilio: that the message comes from the channel's number.
    Sender,
    /// Twilio: whether the message is from or to the channel's number.
    Message(&'a str),
}

/// Out of which budget a request is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// What a number may send.
    Messages,
    /// What the account may ask.
    Account,
}

/// A path of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route<'a> {
    /// With placeholders for ids.
    pub pattern: String,
    /// Its parts as they are sent, without Meta's version and Twilio's.
    pub parts: Vec<&'a str>,
    /// Meta: the version that was asked for.
    pub version: Option<&'a str>,
    /// What must be seen to.
    pub inspect: Inspect<'a>,
    /// Out of which budget it is taken.
    pub budget: Budget,
}

/// The channel's path that a request is about; `None`: it is about something else.
///
/// In place of the channel's own ids a path may say `number` and `waba` (Meta) and `account` (Twilio).
pub fn find_route<'a>(
    channel: Channel<'a>,
    method: PathMethod,
    path: &Path<'a>,
) -> Option<Route<'a>> {
    match channel.provider {
        Meta => meta(channel, method, path.parts()),
        Dialog360 => dialog360(method, path.parts()),
        Twilio => twilio(channel, method, path.parts()),
    }
}

/// What must not be made twice, and goes by the journal: the paths, each with the operation that does it.
const JOURNALLED: [(&str, &str); 4] = [
    ("{number}/register", "register"),
    ("{number}/deregister", "deregister"),
    ("{number}/request_code", "request-code"),
    ("{number}/verify_code", "verify-code"),
];

impl Route<'_> {
    /// The operation of a channel by which this is done instead, where that is not to be passed on.
    pub fn operation(&self) -> Option<&'static str> {
        let found = JOURNALLED.iter().find(|(path, _)| *path == self.pattern);
        found.map(|(_, operation)| *operation)
    }

    /// Whether a permission is for this.
    pub fn is_allowed_by(
        &self,
        permission: &Permission,
        provider: Provider,
        method: PathMethod,
    ) -> bool {
        let is_it = |of: Provider, by: PathMethod, path: &str| {
            of == provider && by == method && path == self.pattern
        };
        match permission {
            Permission::Path(rule) => rule.is(provider, method, &self.pattern),
            word => {
                ROUTES.iter().any(|(of, by, path, needs)| needs == word && is_it(*of, *by, path))
            }
        }
    }
}

fn meta<'a>(channel: Channel<'a>, method: PathMethod, parts: &[&'a str]) -> Option<Route<'a>> {
    let (version, parts) = match parts {
        [first, rest @ ..] if is_version(first) => (Some(*first), rest),
        all => (None, all),
    };
    let (node, edges) = parts.split_first()?;
    let (placeholder, node) = if *node == "number" || *node == channel.id {
        ("{number}", channel.id)
    } else if *node == "waba" || *node == channel.client {
        ("{waba}", channel.client)
    } else if edges.is_empty() && is_number(node) {
        ("{media}", *node)
    } else {
        return None;
    };
    if edges.iter().any(|edge| !is_name(edge)) {
        return None;
    }
    let inspect = match (placeholder, method) {
        ("{media}", _) => Inspect::Media(node),
        (_, Post) => Inspect::GraphBody,
        _ => Inspect::Nothing,
    };
    let is_sent = method == Post && matches!(edges, ["messages" | "media"]);
    Some(Route {
        pattern: std::iter::once(&placeholder).chain(edges).copied().collect::<Vec<_>>().join("/"),
        parts: std::iter::once(&node).chain(edges).copied().collect(),
        version,
        inspect,
        budget: if is_sent { Budget::Messages } else { Budget::Account },
    })
}

/// The key reaches its channel alone, whatever the path is.
fn dialog360<'a>(method: PathMethod, parts: &[&'a str]) -> Option<Route<'a>> {
    let pattern = match parts {
        [media] if is_number(media) => "{media}".to_owned(),
        names if names.iter().all(|name| is_name(name)) => names.join("/"),
        _ => return None,
    };
    let is_sent = method == Post && matches!(parts, ["messages" | "media"]);
    Some(Route {
        pattern,
        parts: parts.to_vec(),
        version: None,
        inspect: Inspect::Nothing,
        budget: if is_sent { Budget::Messages } else { Budget::Account },
    })
}

fn twilio<'a>(channel: Channel<'a>, method: PathMethod, parts: &[&'a str]) -> Option<Route<'a>> {
    let parts = match parts {
        ["2010-04-01", rest @ ..] => rest,
        all => all,
    };
    let (pattern, inspect) = match parts {
        ["Accounts", account, rest @ ..] if *account == "account" || *account == channel.client => {
            let (rest, inspect) = of_account(rest)?;
            (format!("Accounts/{{account}}/{rest}"), inspect)
        }
        ["v1", "Content"] => ("v1/Content".to_owned(), Inspect::Nothing),
        ["v1", "Content", sid] if is_sid(sid, "HX") => {
            ("v1/Content/{content}".to_owned(), Inspect::Nothing)
        }
        _ => return None,
    };
    let is_sent = method == Post && inspect == Inspect::Sender;
    let own = |part: &&'a str| if *part == "account" { channel.client } else { part };
    Some(Route {
        pattern,
        parts: parts.iter().map(own).collect(),
        version: None,
        inspect,
        budget: if is_sent { Budget::Messages } else { Budget::Account },
    })
}

fn of_account<'a>(rest: &[&'a str]) -> Option<(&'static str, Inspect<'a>)> {
    match rest {
        ["Messages.json"] => Some(("Messages.json", Inspect::Sender)),
        ["Messages", file] => {
            let sid = file.strip_suffix(".json").filter(|sid| is_message(sid))?;
            Some(("Messages/{message}.json", Inspect::Message(sid)))
        }
        ["Messages", sid, "Media.json"] if is_message(sid) => {
            Some(("Messages/{message}/Media.json", Inspect::Message(sid)))
        }
        ["Messages", sid, "Media", file] if is_message(sid) => {
            let media = file.strip_suffix(".json").unwrap_or(file);
            is_sid(media, "ME")
                .then_some(("Messages/{message}/Media/{media}", Inspect::Message(sid)))
        }
        _ => None,
    }
}

fn is_version(part: &str) -> bool {
    let is_short = |digits: &str| is_number(digits) && digits.len() <= 3;
    let version = part.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    version.is_some_and(|(major, minor)| is_short(major) && is_short(minor))
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name, which no id is.
fn is_name(part: &str) -> bool {
    !is_number(part) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_message(sid: &str) -> bool {
    is_sid(sid, "SM") || is_sid(sid, "MM")
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests;
