use jiff::Timestamp;
use serde_json::{Value, json};
use trunkline_core::Role;
use trunkline_providers::oidc::Claims;
use trunkline_store::users::{
    Identity, NewUser, User, find_user_by_email, find_user_by_identity, has_users, insert_identity,
    insert_user, lock_active_owners, lock_user, lock_users,
};
use trunkline_store::{Executor, StoreError};

use super::Oidc;
use super::policy::verified_email;
use crate::people::{change_role, describe, parse_name};

/// Somebody who is let in, and what was done to their user on the way, for the audit log.
#[derive(Debug)]
pub(crate) struct Admission {
    pub user: User,
    pub acts: Vec<(&'static str, Option<Value>, Option<Value>)>,
}

/// Why somebody whom the issuer signed in is not let in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The domain of their e-mail address is none of those that are let in, or not verified.
    Domain,
    /// No value of the claim gives a role, and there is no role for everybody else.
    NoRole,
    /// There is no such user, and none may be added.
    Unknown,
    /// A user has the same e-mail address, and is not to be linked by it.
    EmailTaken,
    /// A user would have to be added, without a verified e-mail address.
    Unverified,
    /// The user is deactivated.
    Deactivated,
    /// There is no user yet, and the first one must be an owner.
    FirstIsNoOwner,
}

impl Refusal {
    /// A word for the audit log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "domain not allowed",
            Self::NoRole => "no role",
            Self::Unknown => "no such user",
            Self::EmailTaken => "e-mail address taken",
            Self::Unverified => "e-mail address not verified",
            Self::Deactivated => "deactivated",
            Self::FirstIsNoOwner => "first user is no owner",
        }
    }
}

/// Finds, links or adds the user whom the issuer speaks of, and gives them the role that it says.
///
/// After a refusal nothing was written.
pub(crate) async fn admit(
    executor: Executor<'_>,
    oidc: &Oidc,
    claims: &Claims,
    now: Timestamp,
) -> Result<Result<Admission, Refusal>, StoreError> {
    let policy = &oidc.policy;
    let role = policy.role(claims);
    if !policy.admits_domain(claims) {
        return Ok(Err(Refusal::Domain));
    }
    if role.is_none() && policy.decides_roles() {
        return Ok(Err(Refusal::NoRole));
    }
    let issuer = &oidc.client.registration().issuer;
    let identity = Identity { issuer, subject: &claims.subject };
    let found = match find_user_by_identity(executor, identity).await? {
        Some(user) => Ok((user, Vec::new())),
        None => meet(executor, oidc, claims, identity, role, now).await?,
    };
    let (user, mut acts) = match found {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let user = lock_user(executor, user.id).await?.filter(|user| user.is_active);
    let Some(mut user) = user else { return Ok(Err(Refusal::Deactivated)) };
    let wanted = role.filter(|role| policy.decides_roles() && *role != user.role);
    if let Some(role) = wanted
        && !is_last_owner(executor, &user).await?
    {
        let change = change_role(executor, &user, role, now).await?;
        acts.push(("user.role_changed", change.0, change.1));
        user.role = role;
    }
    Ok(Ok(Admission { user, acts }))
}

type Met = (User, Vec<(&'static str, Option<Value>, Option<Value>)>);

/// Somebody whom the issuer signs in for the first time: links or adds their user.
async fn meet(
    executor: Executor<'_>,
    oidc: &Oidc,
    claims: &Claims,
    identity: Identity<'_>,
    role: Option<Role>,
    now: Timestamp,
) -> Result<Result<Met, Refusal>, StoreError> {
    let policy = &oidc.policy;
    if !policy.create_users && !policy.link_by_email {
        return Ok(Err(Refusal::Unknown));
    }
    lock_users(executor).await?;
    // Their other window may have been faster.
    if let Some(user) = find_user_by_identity(executor, identity).await? {
        return Ok(Ok((user, Vec::new())));
    }
    let Some(email) = verified_email(claims) else { return Ok(Err(Refusal::Unverified)) };
    let linked = Some(json!({ "oidc_issuer": identity.issuer, "oidc_subject": identity.subject }));
    if let Some(user) = find_user_by_email(executor, &email).await? {
        if !user.is_active {
            return Ok(Err(Refusal::Deactivated));
        }
        if !policy.link_by_email || !insert_identity(executor, user.id, identity, now).await? {
            return Ok(Err(Refusal::EmailTaken));
        }
        return Ok(Ok((user, vec![("user.identity_linked", None, linked)])));
    }
    if !policy.create_users {
        return Ok(Err(Refusal::Unknown));
    }
    let Some(role) = role else { return Ok(Err(Refusal::NoRole)) };
    if role != Role::Owner && !has_users(executor).await? {
        return Ok(Err(Refusal::FirstIsNoOwner));
    }
    let name = claims.name.as_deref().and_then(|name| parse_name(name).ok());
    let name = name.unwrap_or_else(|| email.chars().take(100).collect());
    let new = NewUser { email: &email, name: &name, role, password_hash: None };
    let user = insert_user(executor, &new, now).await?;
    insert_identity(executor, user.id, identity, now).await?;
    let created = Some(describe(&user));
    let acts = vec![("user.created", None, created), ("user.identity_linked", None, linked)];
    Ok(Ok((user, acts)))
}

/// There must be one who can let others in again, whatever an issuer says.
async fn is_last_owner(executor: Executor<'_>, user: &User) -> Result<bool, StoreError> {
    if user.role != Role::Owner {
        return Ok(false);
    }
    Ok(lock_active_owners(executor).await? == [user.id])
}
