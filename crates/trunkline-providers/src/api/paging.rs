use serde_json::Value;

use crate::api::Reading;

/// What a list held.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T> {
    /// What could be read.
    pub items: Vec<T>,
    /// How many entries could not: they have no id.
    pub unread: usize,
    /// Whether this is all that there is, by the provider's own word; a list that broke off says nothing of what it lacks.
    pub is_whole: bool,
}

impl<T> List<T> {
    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), unread: 0, is_whole: true }
    }

    /// How many entries came, readable or not.
    pub(crate) fn came(&self) -> usize {
        self.items.len() + self.unread
    }

    pub(crate) fn append(&mut self, page: Self) {
        self.items.extend(page.items);
        self.unread += page.unread;
        self.is_whole &= page.is_whole;
    }
}

/// The entries of the list that stands in an answer under this name; `None`: there is no list.
pub(crate) fn items<T: Reading>(answer: &mut Value, name: &str) -> Option<List<T>> {
    let Value::Array(entries) = answer.get_mut(name)?.take() else { return None };
    let mut list = List::empty();
    for entry in entries {
        match T::read(entry) {
            Some(item) => list.items.push(item),
            None => list.unread += 1,
        }
    }
    Some(list)
}
