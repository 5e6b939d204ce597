use sha2::{Digest, Sha256};

/// What an API key begins with, so that scanners for leaked secrets know one.
pub(crate) const API_KEY_PREFIX: &str = "tlk_";

/// What the database keeps of a token: it has 256 random bits, so that a fast hash is enough.
pub(crate) fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
