//! Passwords: argon2id with the parameters that OWASP's Password Storage Cheat Sheet names first.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use trunkline_core::Random;
use trunkline_core::secrets::Secret;

use crate::Problem;

/// KiB: 19 MiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Each hash takes a core and [`MEMORY`], so only so many are made at once, however many ask.
static HASHING: Semaphore = Semaphore::const_new(2);

/// The hash of a new password, in PHC form.
pub(crate) async fn hash_password(password: Secret, random: &Random) -> Result<String, Problem> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    blocking(move || {
        let hash = hasher()?.hash_password_with_salt(password.expose().as_bytes(), &salt)?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether a password is the one of a hash. Without a hash it takes the same time and is not.
pub(crate) async fn verify_password(
    password: Secret,
    hash: Option<String>,
) -> Result<bool, Problem> {
    blocking(move || {
        let hasher = hasher()?;
        let password = password.expose().as_bytes();
        if let Some(hash) = hash.as_deref().map(PasswordHash::new).transpose()? {
            return Ok(hasher.verify_password(password, &hash).is_ok());
        }
        let hash = hasher.hash_password_with_salt(password, &[0; 16])?;
        // So that the work cannot be left out.
        std::hint::black_box(hash);
        Ok(false)
    })
    .await
}

type Outcome<T> = Result<T, argon2::password_hash::Error>;

fn hasher() -> Outcome<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Runs it off the threads that answer requests. The permit goes with it: a client that went away
/// makes no room for another hash while this one is still being made.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Result<T, Problem> {
    let permit = HASHING.acquire().await.map_err(Problem::internal)?;
    let done = tokio::task::spawn_blocking(move || {
        let outcome = work();
        drop(permit);
        outcome
    });
    let outcome = done.await.map_err(Problem::internal)?;
    outcome.map_err(|error| Problem::internal(format!("cannot hash a password: {error}")))
}

#[cfg(test)]
mod tests {
    use trunkline_core::Random;
    use trunkline_core::secrets::Secret;

    use super::{hash_password, verify_password};

    #[tokio::test]
    async fn a_hash_says_how_it_was_made_and_knows_its_password() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let hash = hash_password(secret("correct horse"), &Random::seeded(1)).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_password(secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!verify_password(secret("correct horsf"), Some(hash)).await.unwrap());
        assert!(!verify_password(secret("correct horse"), None).await.unwrap());
    }
}
