//! The envelope and the key ring as a caller sees them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod envelope;
mod generator;
mod legacy;
mod ring;
mod vectors;
