use trunkline_core::secrets::{KeyRing, Secret};

use super::lookup::Stored;
use super::platform::Record;

/// The secrets of a row, of its channel, and of what was imported.
pub(super) struct Secrets<'a> {
    pub(super) ring: &'a KeyRing,
    pub(super) record: &'a Record,
    pub(super) stored: &'a Stored,
    /// The row's.
    pub(super) secret: Option<&'a Secret>,
}

impl Secrets<'_> {
    /// Whether the row has another one than was imported, or the channel has none. One that is gone changes nothing.
    pub(super) fn is_new_in_row(&self) -> bool {
        let Some(secret) = self.secret else { return false };
        if self.stored.secret.is_none() {
            return true;
        }
        match self.was_imported(secret) {
            Some(was_imported) => !was_imported,
            None => !self.stored.has_secret(self.ring, secret),
        }
    }

    /// Whether the channel has another one than was imported, and than the row.
    pub(super) fn is_new_here(&self) -> bool {
        let Some(here) = self.stored.opened(self.ring) else { return false };
        let is_the_rows = self.secret.is_some_and(|secret| secret.expose() == here.expose());
        !is_the_rows && self.was_imported(&here) == Some(false)
    }

    /// `None` where the key of the fingerprint is out of use: what it sealed was sealed anew.
    fn was_imported(&self, secret: &Secret) -> Option<bool> {
        let Some(fingerprint) = &self.record.fingerprint else { return Some(false) };
        let key = fingerprint.split(':').next()?.parse().ok()?;
        Some(self.ring.fingerprint_under(key, secret)?.to_string() == *fingerprint)
    }
}
