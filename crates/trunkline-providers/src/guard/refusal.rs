use std::net::IpAddr;

/// Why a URL may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a URL at all.
    #[error("this is not a complete URL ({0}); write it as https://host/path")]
    Unreadable(String),
    /// Longer than is taken.
    #[error("the URL is longer than {most} bytes; shorten it")]
    TooLong {
        /// The longest that is taken, in bytes.
        most: usize,
    },
    /// Spaces or control characters.
    #[error("the URL contains spaces or control characters; remove or percent-encode them")]
    Characters,
    /// `ftp`, `file`, `javascript`.
    #[error("the scheme `{0}` is not allowed; use https")]
    Scheme(String),
    /// `http` to another machine.
    #[error("plain http is not allowed; use https")]
    PlainHttp,
    /// `https://user:password@host`.
    #[error("the URL contains a user name or password; remove them")]
    Userinfo,
    /// `https:///path`.
    #[error("the URL names no host")]
    NoHost,
    /// This machine, where that is not allowed.
    #[error("`{host}` is this server itself; use a public host name")]
    Loopback {
        /// As it stands in the URL.
        host: String,
    },
    /// An address that is private, reserved, or of a cloud's metadata service.
    #[error("`{host}` leads to {address}, which is not a public address; use a public host")]
    Address {
        /// As it stands in the URL.
        host: String,
        /// What it leads to.
        address: IpAddr,
    },
    /// No address.
    #[error("`{host}` could not be resolved ({words}); look for a typing error")]
    Unresolved {
        /// As it stands in the URL.
        host: String,
        /// What the resolver said.
        words: String,
    },
}
