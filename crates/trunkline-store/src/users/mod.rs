//! People who administer Trunkline. What they prove themselves with leaves in [`Credentials`] alone.

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Row;
use trunkline_core::Role;
use trunkline_core::secrets::Place;

use crate::database::Parameters;
use crate::row::word;
use crate::{Executor, StoreError};

/// The columns of a [`User`].
macro_rules! columns {
    () => {
        "id, email, name, role, is_active,
            password_hash IS NOT NULL AS has_password,
            (password_hash IS NOT NULL OR oidc_subject IS NOT NULL) AS can_sign_in, totp_secret IS NOT NULL AS has_second_factor,
            cardinality(recovery_code_hashes) AS recovery_codes, last_signed_in_at, created_at"
    };
}

mod identity;

pub use identity::{Identity, find_user_by_identity, insert_identity};

/// Somebody who administers Trunkline.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Their id.
    pub id: i32,
    /// The address with which they sign in, in lower case.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in at all.
    pub is_active: bool,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// Whether they have chosen a password, or an OpenID Connect issuer signs them in.
    pub can_sign_in: bool,
    /// Whether a code is asked for after the password.
    pub has_second_factor: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i32,
    /// When they last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
}

impl User {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id"),
            email: row.get("email"),
            name: row.get("name"),
            role: word(row, "role")?,
            is_active: row.get("is_active"),
            has_password: row.get("has_password"),
            can_sign_in: row.get("can_sign_in"),
            has_second_factor: row.get("has_second_factor"),
            recovery_codes: row.get("recovery_codes"),
            last_signed_in_at: row.get("last_signed_in_at"),
            created_at: row.get("created_at"),
        })
    }
}

/// With what somebody proves who they are. It is never printed.
pub struct Credentials {
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
    /// The secret of the second factor, sealed.
    pub totp_secret: Option<String>,
}

/// Which users a list shows; `None`: any.
#[derive(Debug, Clone, Default)]
pub struct UserFilter<'a> {
    /// A part of the name or the address, in any case.
    pub search: Option<&'a str>,
    /// Of this role.
    pub role: Option<Role>,
    /// Active or deactivated ones.
    pub is_active: Option<bool>,
    /// Those whose address comes after this one.
    pub after: Option<&'a str>,
}

/// Somebody who is to be added.
#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    /// The address with which they sign in, in lower case.
    pub email: &'a str,
    /// What they are called.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// argon2id in PHC form; `None`: they choose one by a one-time link.
    pub password_hash: Option<&'a str>,
}

/// Where the sealed secret of a user's second factor stands, given the user's id as text.
pub fn totp_place(id: &str) -> Place<'_> {
    Place { schema: "trunkline", table: "users", column: "totp_secret", row: id }
}

/// Whether there is any user.
pub async fn has_users(executor: Executor<'_>) -> Result<bool, StoreError> {
    let query = "SELECT EXISTS (SELECT FROM trunkline.users)";
    let row = executor.row("look whether there are users", query, &[]).await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Makes others wait who want to add or change users, until the transaction ends.
pub async fn lock_users(executor: Executor<'_>) -> Result<(), StoreError> {
    let query = "LOCK TABLE trunkline.users IN SHARE ROW EXCLUSIVE MODE";
    executor.execute("lock the users", query, &[]).await?;
    Ok(())
}

/// The user with this id.
pub async fn find_user(executor: Executor<'_>, id: i32) -> Result<Option<User>, StoreError> {
    let query = concat!("SELECT ", columns!(), " FROM trunkline.users WHERE id = $1");
    let row = executor.row("look for a user", query, &[&id]).await?;
    row.as_ref().map(User::read).transpose()
}

/// The user with this id, whom nobody else changes until the transaction ends.
pub async fn lock_user(executor: Executor<'_>, id: i32) -> Result<Option<User>, StoreError> {
    let query =
        concat!("SELECT ", columns!(), " FROM trunkline.users WHERE id = $1 FOR NO KEY UPDATE");
    let row = executor.row("lock a user", query, &[&id]).await?;
    row.as_ref().map(User::read).transpose()
}

/// The user with this address, which is in lower case.
pub async fn find_user_by_email(
    executor: Executor<'_>,
    email: &str,
) -> Result<Option<User>, StoreError> {
    let query = concat!("SELECT ", columns!(), " FROM trunkline.users WHERE email = $1");
    let row = executor.row("look for a user", query, &[&email]).await?;
    row.as_ref().map(User::read).transpose()
}

/// What the user proves themselves with; `None`: there is no such user.
pub async fn find_credentials(
    executor: Executor<'_>,
    id: i32,
) -> Result<Option<Credentials>, StoreError> {
    let query = "
        SELECT password_hash, totp_secret
        FROM trunkline.users
        WHERE id = $1";
    let row = executor.row("look for a user", query, &[&id]).await?;
    Ok(row.map(|row| Credentials { password_hash: row.get(0), totp_secret: row.get(1) }))
}

/// The user with this address, and what they prove themselves with.
pub async fn find_credentials_of(
    executor: Executor<'_>,
    email: &str,
) -> Result<Option<(User, Credentials)>, StoreError> {
    let query = concat!(
        "SELECT password_hash, totp_secret, ",
        columns!(),
        " FROM trunkline.users WHERE email = $1"
    );
    let row = executor.row("look for a user", query, &[&email]).await?;
    row.as_ref().map(with_credentials).transpose()
}

/// The user with this id and what they prove themselves with, which nobody else changes until the
/// transaction ends.
pub async fn lock_credentials(
    executor: Executor<'_>,
    id: i32,
) -> Result<Option<(User, Credentials)>, StoreError> {
    let query = concat!(
        "SELECT password_hash, totp_secret, ",
        columns!(),
        " FROM trunkline.users WHERE id = $1 FOR NO KEY UPDATE"
    );
    let row = executor.row("lock a user", query, &[&id]).await?;
    row.as_ref().map(with_credentials).transpose()
}

fn with_credentials(row: &Row) -> Result<(User, Credentials), StoreError> {
    let credentials = Credentials { password_hash: row.get(0), totp_secret: row.get(1) };
    Ok((User::read(row)?, credentials))
}

/// At most `limit` users by address.
pub async fn list_users(
    executor: Executor<'_>,
    filter: &UserFilter<'_>,
    limit: i64,
) -> Result<Vec<User>, StoreError> {
    let query = concat!(
        "SELECT ",
        columns!(),
        "
        FROM trunkline.users
        WHERE ($1::TEXT IS NULL OR strpos(email, lower($1)) > 0 OR strpos(lower(name), lower($1)) > 0)
            AND ($2::TEXT IS NULL OR role = $2)
            AND ($3::BOOLEAN IS NULL OR is_active = $3)
            AND ($4::TEXT IS NULL OR email > $4)
        ORDER BY email
        LIMIT $5"
    );
    let role = filter.role.map(Role::as_str);
    let parameters: Parameters<'_> =
        &[&filter.search, &role, &filter.is_active, &filter.after, &limit];
    let rows = executor.rows("list users", query, parameters).await?;
    rows.iter().map(User::read).collect()
}

/// The ids of the active owners who have a way to sign in (whoever was invited has none yet), whom nobody
/// else changes until the transaction ends.
pub async fn lock_active_owners(executor: Executor<'_>) -> Result<Vec<i32>, StoreError> {
    let query = "
        SELECT id
        FROM trunkline.users
        WHERE role = 'owner' AND is_active
            AND (password_hash IS NOT NULL OR oidc_subject IS NOT NULL)
        ORDER BY id
        FOR NO KEY UPDATE";
    let rows = executor.rows("lock the owners", query, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Adds a user; an address that is taken breaks the constraint `users_email_key`.
pub async fn insert_user(
    executor: Executor<'_>,
    user: &NewUser<'_>,
    now: Timestamp,
) -> Result<User, StoreError> {
    let query = concat!(
        "INSERT INTO trunkline.users (email, name, role, password_hash, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        RETURNING ",
        columns!()
    );
    let parameters: Parameters<'_> =
        &[&user.email, &user.name, &user.role.as_str(), &user.password_hash, &now];
    let doing = "add a user";
    let row = executor.row(doing, query, parameters).await?;
    let missing = || StoreError::Query { doing, reason: "no row came back".into(), code: None };
    User::read(&row.ok_or_else(missing)?)
}

/// Changes what a user is called.
pub async fn update_user_name(
    executor: Executor<'_>,
    id: i32,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "UPDATE trunkline.users SET name = $2, updated_at = $3 WHERE id = $1";
    executor.execute("change a user's name", query, &[&id, &name, &now]).await?;
    Ok(())
}

/// Changes what a user may do.
pub async fn update_user_role(
    executor: Executor<'_>,
    id: i32,
    role: Role,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "UPDATE trunkline.users SET role = $2, updated_at = $3 WHERE id = $1";
    executor.execute("change a user's role", query, &[&id, &role.as_str(), &now]).await?;
    Ok(())
}

/// Lets a user sign in, or no longer. Their sessions are for the caller to end.
pub async fn update_user_activity(
    executor: Executor<'_>,
    id: i32,
    is_active: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "UPDATE trunkline.users SET is_active = $2, updated_at = $3 WHERE id = $1";
    executor.execute("activate or deactivate a user", query, &[&id, &is_active, &now]).await?;
    Ok(())
}

/// Replaces a user's password.
pub async fn update_password(
    executor: Executor<'_>,
    id: i32,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "UPDATE trunkline.users SET password_hash = $2, updated_at = $3 WHERE id = $1";
    executor.execute("change a password", query, &[&id, &password_hash, &now]).await?;
    Ok(())
}

/// Turns the second factor on. `step` is the time step of the code that proved it.
pub async fn update_second_factor(
    executor: Executor<'_>,
    id: i32,
    sealed_secret: &str,
    step: i64,
    recovery_code_hashes: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.users
        SET totp_secret = $2, totp_last_step = $3, recovery_code_hashes = $4, updated_at = $5
        WHERE id = $1";
    let parameters: Parameters<'_> = &[&id, &sealed_secret, &step, &recovery_code_hashes, &now];
    executor.execute("turn a second factor on", query, parameters).await?;
    Ok(())
}

/// Turns the second factor off, and forgets its recovery codes.
pub async fn delete_second_factor(
    executor: Executor<'_>,
    id: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.users
        SET totp_secret = NULL, totp_last_step = NULL, recovery_code_hashes = '{}', updated_at = $2
        WHERE id = $1";
    executor.execute("turn a second factor off", query, &[&id, &now]).await?;
    Ok(())
}

/// Replaces the recovery codes.
pub async fn update_recovery_codes(
    executor: Executor<'_>,
    id: i32,
    hashes: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let query =
        "UPDATE trunkline.users SET recovery_code_hashes = $2, updated_at = $3 WHERE id = $1";
    executor.execute("replace recovery codes", query, &[&id, &hashes, &now]).await?;
    Ok(())
}

/// Uses the code of a time step up; false if it, or a later one, was used before.
pub async fn use_totp_step(executor: Executor<'_>, id: i32, step: i64) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.users
        SET totp_last_step = $2
        WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2)";
    let written = executor.execute("use a code up", query, &[&id, &step]).await?;
    Ok(written > 0)
}

/// Uses a recovery code up; false if it is none, or was used before.
pub async fn use_recovery_code(
    executor: Executor<'_>,
    id: i32,
    hash: &str,
) -> Result<bool, StoreError> {
    let query = "
        UPDATE trunkline.users
        SET recovery_code_hashes = array_remove(recovery_code_hashes, $2)
        WHERE id = $1 AND $2 = ANY (recovery_code_hashes)";
    let written = executor.execute("use a recovery code up", query, &[&id, &hash]).await?;
    Ok(written > 0)
}

/// Writes down that a user signed in.
pub async fn note_sign_in(
    executor: Executor<'_>,
    id: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "UPDATE trunkline.users SET last_signed_in_at = $2 WHERE id = $1";
    executor.execute("note that a user signed in", query, &[&id, &now]).await?;
    Ok(())
}
