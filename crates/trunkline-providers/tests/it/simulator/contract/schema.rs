//! As much of JSON Schema as is compared: types, `required`, `enum`, choices.

use serde_json::Value;

/// Where a value is not as the schema says, with array indices as `*`, and how.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    examine(schema, value, "", &mut found);
    found.sort();
    found.dedup();
    found
}

fn examine(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if let Some(name) = schema["type"].as_str()
        && !is_of(name, value)
    {
        found.push(format!("{place}: no {name}"));
        return;
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{place}: {value} is none of its words"));
    }
    for all in schema["allOf"].as_array().into_iter().flatten() {
        examine(all, value, place, found);
    }
    for choice in ["oneOf", "anyOf"] {
        let choices = schema[choice].as_array();
        if choices.is_some_and(|all| all.iter().all(|one| !problems(one, value).is_empty())) {
            found.push(format!("{place}: none of the choices"));
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            found.push(format!("{place}/{name}: missing"));
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            examine(inner, value, &format!("{place}/{name}"), found);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        if let Some(items) = schema.get("items") {
            examine(items, item, &format!("{place}/*"), found);
        }
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("a type that is not known: {other}"),
    }
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schema = serde_json::json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "all": {"type": "array", "items": {"enum": ["a"]}},
        "one": {"oneOf": [{"type": "string"}, {"type": "integer"}]}, "none": {"type": "string", "nullable": true}}});
    let wrong = serde_json::json!({"all": ["a", "b"], "one": 1.5, "none": null});
    let expected =
        ["/all/*: \"b\" is none of its words", "/id: missing", "/one: none of the choices"];
    assert_eq!(problems(&schema, &wrong), expected);
    assert!(problems(&schema, &serde_json::json!({"id": "1", "one": 2})).is_empty());
}
