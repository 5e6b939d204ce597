use serde_json::{Map, Value};

use super::{Conflict, Note, some_text};

/// The object in `connection_data`, however it is wrapped.
pub(super) struct Fields {
    object: Map<String, Value>,
    /// What was noticed so far.
    pub(super) notes: Vec<Note>,
}

impl Fields {
    pub(super) fn read(data: Option<&str>) -> Result<Self, Conflict> {
        let data = data.ok_or(Conflict::DataMissing)?;
        let mut notes = Vec::new();
        let mut value: Value = serde_json::from_str(data).map_err(|_| Conflict::InvalidData)?;
        if let Value::String(text) = &value {
            value = serde_json::from_str(text).map_err(|_| Conflict::InvalidData)?;
            notes.push(Note::EncodedTwice);
        }
        if let Value::Array(items) = &mut value
            && items.len() == 1
        {
            value = items.remove(0);
            notes.push(Note::InArray);
        }
        match value {
            Value::Object(object) => Ok(Self { object, notes }),
            Value::Null => Err(Conflict::DataMissing),
            _ => Err(Conflict::InvalidData),
        }
    }

    /// The first of these keys that holds a text, or an id as a number.
    pub(super) fn text(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| match self.object.get(*key)? {
            Value::String(text) => some_text(text),
            Value::Number(number) => number.as_u64().map(|number| number.to_string()),
            _ => None,
        })
    }

    /// The first of these keys that holds anything but null or an empty text, if that is text.
    pub(super) fn secret(&self, keys: &[&str]) -> Result<Option<String>, Conflict> {
        for value in keys.iter().filter_map(|key| self.object.get(*key)) {
            match value {
                Value::Null => {}
                Value::String(text) => {
                    if let Some(text) = some_text(text) {
                        return Ok(Some(text));
                    }
                }
                _ => return Err(Conflict::TokenUnreadable),
            }
        }
        Ok(None)
    }

    pub(super) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }
}
