//! Adding people and giving them links, for the pages and the command line alike.

mod input;
mod invite;
mod password_link;
mod role;
mod setup_link;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use trunkline_core::{Clock, Random};
use trunkline_store::audit_log::Actor;
use trunkline_store::one_time_links::{LinkPurpose, replace_link};
use trunkline_store::{Executor, Store, StoreError};

use crate::auth::hash_token;
use crate::{Service, State};

pub(crate) use input::{parse_email, parse_name};
pub(crate) use invite::describe;
pub use invite::{Invitation, Newcomer};
pub(crate) use role::change_role;

/// How long a link lets somebody in.
pub(crate) const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Adds people and makes links, as somebody.
pub struct People<'a> {
    /// The database.
    pub store: &'a Store,
    /// What tells the time.
    pub clock: &'a Clock,
    /// Where tokens come from.
    pub random: &'a Random,
    /// How browsers reach the service; without a slash at the end.
    pub public_url: &'a str,
    /// Who does it.
    pub actor: Actor,
}

/// Why somebody was not added or got no link.
#[derive(Debug, Error)]
pub enum PeopleError {
    /// A field holds what it may not.
    #[error("{message}")]
    Invalid {
        /// Its name.
        field: &'static str,
        /// What it may be, as a sentence.
        message: String,
    },
    /// Somebody has this address.
    #[error("Somebody with this e-mail address is there already.")]
    EmailTaken,
    /// Nobody has this address or id.
    #[error("there is no such user")]
    NotFound,
    /// The user may not sign in.
    #[error("the user is deactivated; activate them first")]
    Inactive,
    /// Only an owner can make owners later.
    #[error("the first user must be an owner, since only an owner makes owners")]
    FirstIsNoOwner,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl State {
    /// Adds people and makes links, as `actor`.
    pub fn people(&self, actor: Actor) -> People<'_> {
        let public_url = self.settings.public_url.as_str();
        let Service { store, clock, random, .. } = &**self;
        People { store, clock, random, public_url, actor }
    }
}

impl People<'_> {
    /// A new link in place of older ones.
    async fn make_link(
        &self,
        executor: Executor<'_>,
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let token = self.random.token();
        replace_link(executor, purpose, &hash_token(&token), now + LINK_LIFETIME, now).await?;
        let page = match purpose {
            LinkPurpose::Setup => "setup",
            LinkPurpose::Password(_) => "password",
        };
        Ok(format!("{}/admin/{page}/{token}", self.public_url))
    }
}
