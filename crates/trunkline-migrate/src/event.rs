//! What a run tells whoever watches it, while it happens.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::source::Name;
use crate::sql::Position;

/// Hears what a run does; called from the run's own task, so it should be quick.
pub trait Observer: Send + Sync {
    /// One thing happened.
    fn event(&self, event: &Event<'_>);
}

/// An observer that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}
}

/// The way a migration is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Applied.
    Up,
    /// Reverted.
    Down,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A migration begins.
    Started {
        /// Which.
        migration: &'a Name,
        /// Up or down.
        direction: Direction,
    },
    /// A statement begins.
    Statement {
        /// Of which migration.
        migration: &'a Name,
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// Where it stands in its file.
        position: Position,
        /// Its text.
        sql: &'a str,
    },
    /// A statement is done.
    StatementDone {
        /// Of which migration.
        migration: &'a Name,
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// How long it took.
        elapsed: Duration,
    },
    /// PostgreSQL said something: RAISE NOTICE, WARNING and the like.
    Notice {
        /// `NOTICE`, `WARNING`, `INFO` …
        severity: &'a str,
        /// The text.
        message: &'a str,
        /// Its detail.
        detail: Option<&'a str>,
        /// Its hint.
        hint: Option<&'a str>,
    },
    /// A migration is done and recorded.
    Finished {
        /// Which.
        migration: &'a Name,
        /// Up or down.
        direction: Direction,
        /// How long it took.
        elapsed: Duration,
    },
    /// A migration was recorded without being run, because the platform's own runner had applied it.
    Adopted {
        /// Which.
        migration: &'a Name,
    },
    /// Another runner is at work; this one waits for it.
    WaitingForRunner {
        /// Who.
        runner: &'a Runner,
        /// For how long so far.
        waited: Duration,
    },
    /// A statement waits for a lock.
    WaitingForLock {
        /// Who holds it.
        blockers: &'a [Blocker],
    },
    /// A busy table: the transaction was given up and is tried again.
    Retrying {
        /// Which migration.
        migration: &'a Name,
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// After this pause.
        pause: Duration,
    },
    /// An index is being built by CREATE INDEX CONCURRENTLY.
    IndexProgress {
        /// PostgreSQL's name of the phase.
        phase: &'a str,
        /// Blocks or tuples done.
        done: i64,
        /// Of how many; 0 when unknown.
        total: i64,
    },
    /// Something worth knowing that stops nothing.
    Warning {
        /// As a sentence.
        message: &'a str,
    },
}

/// A session that holds a lock which a migration waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// Its process id.
    pub pid: i32,
    /// Its `application_name`.
    pub application: String,
    /// `active`, `idle in transaction` …; empty when this login may not see it.
    pub state: String,
    /// For how long its transaction is open, in seconds.
    pub age_seconds: i64,
    /// Its current or last query, cut to 200 characters.
    pub query: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        if !self.application.is_empty() {
            write!(f, " ({})", self.application)?;
        }
        if !self.state.is_empty() {
            write!(f, ", {} for {} s", self.state, self.age_seconds)?;
        }
        if self.query.is_empty() { Ok(()) } else { write!(f, ": {}", self.query) }
    }
}

/// A runner that holds the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Runner {
    /// The process id of its connection at the server.
    pub pid: i32,
    /// Its `application_name`: what it does, on which host, in which process.
    pub application: String,
    /// Since when, in UTC, as far as this login may see it.
    pub since: Option<String>,
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (backend {}", self.application, self.pid)?;
        if let Some(since) = &self.since {
            write!(f, ", since {since}")?;
        }
        write!(f, ")")
    }
}
