//! The private cluster, against the server that is installed here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod directory;
mod lifetime;
mod process;
mod refusal;
mod sample;
mod start;
mod testing;
