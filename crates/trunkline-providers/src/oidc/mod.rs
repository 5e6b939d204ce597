//! OpenID Connect Core 1.0, as much as a relying party needs to let somebody in: the authorization code flow with
//! PKCE (RFC 7636), the issuer's discovery document and keys, and the ID token that it signs.
//!
//! Signatures are RS256, ES256 and EdDSA, checked by `ring`. Claims are read from the ID token alone.

mod client;
mod discovery;
mod failure;
mod id_token;
mod jwt;
mod keys;
mod time;

pub use client::{Attempt, Client, Registration};
pub use failure::{IssuerError, TokenProblem};
pub use id_token::Claims;
