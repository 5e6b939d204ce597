use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use crate::output::{Printer, QUIET};

/// More lines than that are for programs to read.
const MOST_LINES: usize = 50;

/// What is shown of many things: for people the first by their key, and how many there are; for programs all.
pub(super) struct Shown<K, V> {
    most: usize,
    first: BTreeMap<K, V>,
    seen: HashSet<K>,
}

impl<K: Copy + Ord + Hash, V> Shown<K, V> {
    pub(super) fn new(printer: &Printer) -> Self {
        let most = if printer.is_human() { MOST_LINES } else { usize::MAX };
        Self { most, first: BTreeMap::new(), seen: HashSet::new() }
    }

    /// What belongs to a key, made where it is new; `None` where it is not shown.
    pub(super) fn entry(&mut self, key: K, new: impl FnOnce() -> V) -> Option<&mut V> {
        self.seen.insert(key);
        if self.first.len() == self.most && !self.first.contains_key(&key) {
            // Whoever stands behind the last one never comes to stand before it.
            self.first.last_entry().filter(|last| key < *last.key())?.remove();
        }
        Some(self.first.entry(key).or_insert_with(new))
    }

    /// Those that are shown, by their key.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.first.values()
    }

    /// Says how many more there are.
    pub(super) fn print_more(&self, printer: &Printer, what: &str) {
        let more = self.seen.len() - self.first.len();
        if more > 0 {
            printer.line(format_args!("  {QUIET}and {more} more {what}: --format json{QUIET:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::Shown;

    #[test]
    fn the_first_are_kept_with_all_that_was_counted_of_them() {
        let mut shown = Shown { most: 2, first: BTreeMap::new(), seen: HashSet::new() };
        for key in [5, 3, 9, 1, 3, 5, 9, 1, 1] {
            if let Some(count) = shown.entry(key, || 0) {
                *count += 1;
            }
        }
        assert_eq!(shown.first, BTreeMap::from([(1, 3), (3, 2)]));
        assert_eq!(shown.seen.len(), 4);
    }
}
