use std::collections::BTreeMap;

use serde_json::Value;

/// One field that is another one now; an empty text: it was not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) field: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// What differs between two objects, field by field; of a new or a deleted one, every field that is set.
pub(super) fn difference(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let (before, after) = (flatten(before), flatten(after));
    let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
    fields.sort();
    fields.dedup();
    let text = |side: &BTreeMap<String, String>, field: &String| {
        side.get(field).cloned().unwrap_or_default()
    };
    fields
        .into_iter()
        .map(|field| Change {
            field: field.clone(),
            before: text(&before, field),
            after: text(&after, field),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// The leaves of a value by their paths, as `public_profile.colors.primary`; what is null is not there.
fn flatten(value: Option<&Value>) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    if let Some(value) = value {
        descend(String::new(), value, &mut leaves);
    }
    leaves
}

fn descend(path: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let step =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                descend(step(name), value, leaves);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, value) in items.iter().enumerate() {
                descend(step(&index.to_string()), value, leaves);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            leaves.insert(path, items.join(", "));
        }
        Value::Null => {}
        leaf => {
            leaves.insert(path, text(leaf));
        }
    }
}

fn text(leaf: &Value) -> String {
    leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::difference;

    fn lines(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
        let changes = difference(before, after);
        changes.iter().map(|c| format!("{}: {} -> {}", c.field, c.before, c.after)).collect()
    }

    #[test]
    fn what_stayed_is_not_shown() {
        let before =
            json!({ "name": "a", "role": "viewer", "profile": { "colour": "#fff", "size": 1 } });
        let after =
            json!({ "name": "b", "role": "viewer", "profile": { "colour": "#000", "size": 1 } });
        assert_eq!(
            lines(Some(&before), Some(&after)),
            ["name: a -> b", "profile.colour: #fff -> #000"]
        );
    }

    #[test]
    fn of_something_new_everything_is_shown_that_is_set() {
        let after = json!({ "languages": ["en", "de"], "ends": null, "is_active": true });
        assert_eq!(lines(None, Some(&after)), ["is_active:  -> true", "languages:  -> en, de"]);
        assert_eq!(lines(None, None), [""; 0]);
    }
}
