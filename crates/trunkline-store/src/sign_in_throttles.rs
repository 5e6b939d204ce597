//! How often somebody tried to sign in lately, by account and by address.
//!
//! An attempt is counted before it is looked at, in one statement, so that attempts at the same moment
//! get no more guesses than attempts one after the other; one that succeeds is taken back.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An account by its email address, whether there is one or not.
    Account(String),
    /// An address.
    Address(IpAddr),
}

impl Subject {
    fn text(&self) -> String {
        match self {
            Self::Account(email) => format!("user:{email}"),
            Self::Address(address) => format!("address:{address}"),
        }
    }
}

/// How many attempts there are, and how long the pauses between more of them.
#[derive(Debug, Clone, Copy)]
pub struct ThrottlePolicy {
    /// So many attempts without a pause.
    pub free: i32,
    /// The first pause; each further one is twice as long.
    pub pause: SignedDuration,
    /// No pause is longer.
    pub longest: SignedDuration,
    /// After so long without an attempt all is forgotten.
    pub memory: SignedDuration,
}

/// Whether an attempt is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It is, as the so-manyth one; a pause until then follows it, unless it succeeds.
    Allowed {
        /// Counted from 1.
        number: i32,
        /// When the next one will be looked at, if that is not at once.
        pause_until: Option<Timestamp>,
    },
    /// It is not; the next one will be, then.
    Refused {
        /// When.
        until: Timestamp,
    },
}

/// Counts an attempt, unless there is a pause.
pub async fn count_attempt(
    executor: Executor<'_>,
    subject: &Subject,
    policy: ThrottlePolicy,
    now: Timestamp,
) -> Result<Attempt, StoreError> {
    let query = "
        INSERT INTO trunkline.sign_in_throttles AS known (subject, failures, last_failed_at)
        VALUES ($1, 1, $2)
        ON CONFLICT (subject) DO UPDATE
        SET failures = CASE WHEN known.last_failed_at < $3 THEN 1 ELSE known.failures + 1 END,
            last_failed_at = $2,
            blocked_until = CASE
                WHEN known.last_failed_at >= $3 AND known.failures + 1 >= $4
                THEN $2 + make_interval(secs => least($6::FLOAT8, $5::FLOAT8 * 2 ^ least(known.failures + 1 - $4, 30)))
            END
        WHERE known.blocked_until IS NULL OR known.blocked_until <= $2
        RETURNING failures, blocked_until";
    let parameters: Parameters<'_> = &[
        &subject.text(),
        &now,
        &(now - policy.memory),
        &policy.free,
        &policy.pause.as_secs_f64(),
        &policy.longest.as_secs_f64(),
    ];
    let counted = executor.row("count an attempt to sign in", query, parameters).await?;
    if let Some(row) = counted {
        return Ok(Attempt::Allowed { number: row.get(0), pause_until: row.get(1) });
    }
    let query = "SELECT blocked_until FROM trunkline.sign_in_throttles WHERE subject = $1";
    let row = executor.row("read how long a pause lasts", query, &[&subject.text()]).await?;
    let until = row.and_then(|row| row.get::<_, Option<Timestamp>>(0));
    Ok(Attempt::Refused { until: until.unwrap_or(now) })
}

/// Takes the last attempt back: it was none that guessed.
pub async fn take_attempt_back(
    executor: Executor<'_>,
    subject: &Subject,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.sign_in_throttles
        SET failures = greatest(failures - 1, 0), blocked_until = NULL
        WHERE subject = $1";
    executor.execute("take an attempt back", query, &[&subject.text()]).await?;
    Ok(())
}

/// Forgets every attempt.
pub async fn delete_throttle(executor: Executor<'_>, subject: &Subject) -> Result<(), StoreError> {
    let query = "DELETE FROM trunkline.sign_in_throttles WHERE subject = $1";
    executor.execute("forget attempts to sign in", query, &[&subject.text()]).await?;
    Ok(())
}

/// Forgets whoever has not tried since then.
pub async fn delete_old_throttles(
    executor: Executor<'_>,
    before: Timestamp,
) -> Result<(), StoreError> {
    let query = "DELETE FROM trunkline.sign_in_throttles WHERE last_failed_at < $1";
    executor.execute("forget old attempts to sign in", query, &[&before]).await?;
    Ok(())
}
