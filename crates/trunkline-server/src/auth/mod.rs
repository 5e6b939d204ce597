//! Who asks: programs by API key ([`Caller`]), people by session cookie ([`Administrator`]), and with
//! what people prove who they are: passwords, codes, and how often they may try.

mod administrator;
mod caller;
mod cookie;
mod guess;
mod known;
mod local_path;
mod password;
mod password_rules;
mod recovery_codes;
mod token;
mod totp;
mod visitor;

pub(crate) use administrator::Administrator;
pub(crate) use caller::Caller;
pub(crate) use cookie::{cookie_value, session_cookie_name, set_session_cookie};
pub(crate) use guess::Guess;
pub use known::KnownCallers;
pub(crate) use local_path::local_path;
pub(crate) use password::{hash_password, verify_password};
pub(crate) use password_rules::{ADVICE, refuse_password};
pub(crate) use recovery_codes::{RecoveryCodes, hash_recovery_code};
pub(crate) use token::{API_KEY_PREFIX, hash_token};
pub(crate) use totp::{find_totp_step, new_totp_secret, totp_qr_code, totp_secret_in_groups};
pub(crate) use visitor::Visitor;
