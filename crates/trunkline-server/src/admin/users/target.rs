//! Whom somebody may change: an admin everybody but owners, and an owner everybody.

use trunkline_core::Role;
use trunkline_store::Executor;
use trunkline_store::users::{User, find_user, lock_active_owners, lock_user};

use crate::auth::Administrator;
use crate::problem::{Kind, Problem};

/// The id of a path.
pub(super) fn parse_id(id: &str) -> Result<i32, Problem> {
    id.parse().map_err(|_| Problem::not_found("user"))
}

/// Refuses unless `who` may change such a user, or make one.
pub(super) fn require_over(who: &Administrator, role: Role) -> Result<(), Problem> {
    who.require(Role::Admin)?;
    if role == Role::Owner && who.session.role != Role::Owner {
        let detail = "you are signed in as admin; only an owner changes owners or makes them";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    Ok(())
}

/// The user of a path, whom `who` may change.
pub(super) async fn find_target(
    executor: Executor<'_>,
    who: &Administrator,
    id: &str,
) -> Result<User, Problem> {
    who.require(Role::Admin)?;
    let user = find_user(executor, parse_id(id)?).await?;
    let user = user.ok_or_else(|| Problem::not_found("user"))?;
    require_over(who, user.role)?;
    Ok(user)
}

/// The same, and nobody else changes them until the transaction ends.
///
/// Owners are locked first, and looked at after the lock: of two owners who act against each other at
/// the same moment the second is none any more. `may_lose_owner`: the act would take an owner away.
pub(super) async fn lock_target(
    executor: Executor<'_>,
    who: &Administrator,
    id: &str,
    may_lose_owner: bool,
) -> Result<User, Problem> {
    who.require(Role::Admin)?;
    let id = parse_id(id)?;
    let owners = if may_lose_owner { lock_active_owners(executor).await? } else { Vec::new() };
    let user = lock_user(executor, id).await?.ok_or_else(|| Problem::not_found("user"))?;
    require_over(who, user.role)?;
    if may_lose_owner && user.role == Role::Owner && user.is_active {
        if !owners.contains(&who.session.user_id) {
            return Err(Problem::new(Kind::Forbidden, "you are no owner any more"));
        }
        if owners == [user.id] {
            let detail = "this is the last owner who can sign in; make somebody else an owner first, and wait \
                          until they have chosen a password";
            return Err(Problem::new(Kind::Conflict, detail));
        }
    }
    Ok(user)
}
