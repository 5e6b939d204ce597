use serde_json::Value;

use super::prose::{Paragraph, paragraphs};

/// A field of a body, or of something within it.
pub(super) struct Field {
    /// As `items[].id`.
    pub(super) path: String,
    /// Its type in words.
    pub(super) kind: String,
    pub(super) is_required: bool,
    pub(super) text: Vec<Paragraph>,
}

/// Deeper than any body of ours.
const DEEPEST: usize = 6;

/// The fields of a schema, those within fields too.
pub(super) fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    descend(document, schema, "", &mut fields, 0);
    fields
}

fn descend(document: &Value, schema: &Value, path: &str, fields: &mut Vec<Field>, depth: usize) {
    let schema = resolve(document, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        descend(document, part, path, fields, depth);
    }
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
    };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        fields.push(Field {
            kind: kind(document, field),
            is_required: required(name),
            text: describe(document, field),
            path: path.clone(),
        });
        if depth < DEEPEST {
            let inner = resolve(document, without_null(field));
            match inner.get("items") {
                Some(items) => descend(document, items, &format!("{path}[]"), fields, depth + 1),
                None => descend(document, inner, &path, fields, depth + 1),
            }
        }
    }
}

fn describe(document: &Value, field: &Value) -> Vec<Paragraph> {
    let own = field["description"].as_str();
    let text = own.or_else(|| resolve(document, field)["description"].as_str());
    paragraphs(text.unwrap_or_default())
}

/// Follows a reference within the document.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// Of "this or null", this.
fn without_null(schema: &Value) -> &Value {
    let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let some = choices.and_then(|all| all.iter().find(|choice| choice["type"] != "null"));
    some.unwrap_or(schema)
}

/// A type in words: `string (date-time) or null`, `one of a, b`, `list of integer`.
pub(super) fn kind(document: &Value, schema: &Value) -> String {
    let is_optional = schema["oneOf"]
        .as_array()
        .or_else(|| schema["anyOf"].as_array())
        .is_some_and(|choices| choices.iter().any(|choice| choice["type"] == "null"));
    let schema = resolve(document, without_null(schema));
    let mut words: Vec<String> = match &schema["type"] {
        Value::String(word) => vec![word.clone()],
        Value::Array(words) => {
            words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
        }
        _ => vec!["object".to_owned()],
    };
    if is_optional {
        words.push("null".to_owned());
    }
    let plain = words.remove(0);
    let mut text = match (schema["enum"].as_array(), plain.as_str()) {
        (Some(values), _) => {
            let values = values.iter().filter_map(Value::as_str).collect::<Vec<_>>();
            format!("one of {}", values.join(", "))
        }
        (None, "array") => format!("list of {}", kind(document, &schema["items"])),
        (None, _) => plain,
    };
    if let Some(format) = schema["format"].as_str() {
        text = format!("{text} ({format})");
    }
    text.push_str(&limits(schema));
    words.iter().fold(text, |text, word| format!("{text} or {word}"))
}

fn limits(schema: &Value) -> String {
    let limit = |name: &str| schema.get(name).map(ToString::to_string);
    let from = |least: Option<String>, most: Option<String>, unit: &str| match (least, most) {
        (Some(least), Some(most)) => format!(", {least} to {most}{unit}"),
        (None, Some(most)) => format!(", at most {most}{unit}"),
        (Some(least), None) => format!(", at least {least}{unit}"),
        (None, None) => String::new(),
    };
    let default = limit("default").map(|value| format!(", {value} if not given"));
    from(limit("minimum"), limit("maximum"), "")
        + &from(limit("minLength"), limit("maxLength"), " characters")
        + &default.unwrap_or_default()
}
