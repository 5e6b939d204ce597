//! Secrets at rest: the envelope in which they stand in the database, and the keys that open it.
//!
//! `tlk1.<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>` is AES-256-GCM with the place of the value
//! (schema, table, column, row) as associated data, so it opens nowhere else. `docs/secrets.md` has
//! the format byte for byte, with test vectors for other implementations.

mod envelope;
mod key;
mod place;
mod ring;
mod secret;

pub use envelope::{Form, OpenError, is_sealed};
pub use key::{BadKeyId, Key, KeyId};
pub use place::Place;
pub use ring::{KeyRing, RingError};
pub use secret::{Fingerprint, Secret};
