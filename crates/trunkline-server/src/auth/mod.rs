//! Who asks: programs by API key ([`Caller`]), people by session cookie ([`Administrator`]).

mod administrator;
mod caller;
mod cookie;
mod token;

pub(crate) use administrator::Administrator;
pub(crate) use caller::Caller;
pub(crate) use cookie::{SESSION_COOKIE, cookie_value};
pub(crate) use token::{API_KEY_PREFIX, hash_token};
