use std::sync::LazyLock;

use serde_json::Value;

use super::prose::{Paragraph, paragraphs};
use super::schema::{Field, fields, kind, resolve};
use crate::api;

/// Operations about one thing.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) operations: Vec<Operation>,
}

/// One operation as it is read.
pub(super) struct Operation {
    /// Its anchor.
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) text: Vec<Paragraph>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Vec<Field>,
    pub(super) answers: Vec<Answer>,
    /// A command that calls it.
    pub(super) example: String,
}

/// What goes into the path, the query or the headers.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) is_required: bool,
    pub(super) text: Vec<Paragraph>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) tone: &'static str,
    pub(super) description: String,
    pub(super) headers: Vec<String>,
    /// Of a success: the fields of its body.
    pub(super) fields: Vec<Field>,
}

/// Every operation, read once.
pub(super) static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let document = serde_json::to_value(api::document()).unwrap_or_default();
    let mut groups: Vec<Group> = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            let name = operation["tags"][0].as_str().unwrap_or("Other").to_owned();
            let operation = read(&document, method, path, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group { name, operations: vec![operation] }),
            }
        }
    }
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    groups
});

/// The document's introduction.
pub(super) static INTRODUCTION: LazyLock<Vec<Paragraph>> =
    LazyLock::new(|| paragraphs(api::document().info.description.as_deref().unwrap_or_default()));

fn read(document: &Value, method: &str, path: &str, operation: &Value) -> Operation {
    let text = |name: &str| operation[name].as_str().unwrap_or_default();
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let answers = operation["responses"].as_object().into_iter().flatten();
    let body = if body.is_null() { Vec::new() } else { fields(document, body) };
    Operation {
        id: text("operationId").to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text("summary").trim_end_matches('.').to_owned(),
        text: paragraphs(text("description")),
        parameters: parameters.map(|parameter| read_parameter(document, parameter)).collect(),
        answers: answers.map(|(status, answer)| read_answer(document, status, answer)).collect(),
        example: example(method, path, &body),
        body,
    }
}

fn read_parameter(document: &Value, parameter: &Value) -> Parameter {
    let parameter = resolve(document, parameter);
    let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
    let (own, schema) = (parameter["description"].as_str(), &parameter["schema"]);
    Parameter {
        name: text("name"),
        place: text("in"),
        kind: kind(document, schema),
        is_required: parameter["required"] == true,
        text: paragraphs(own.unwrap_or_else(|| schema["description"].as_str().unwrap_or_default())),
    }
}

fn read_answer(document: &Value, status: &str, answer: &Value) -> Answer {
    let answer = resolve(document, answer);
    let schema = &answer["content"]["application/json"]["schema"];
    let headers = answer["headers"].as_object().into_iter().flatten().map(|(name, header)| {
        format!("{name}: {}", header["description"].as_str().unwrap_or_default())
    });
    Answer {
        tone: match status.as_bytes().first() {
            Some(b'2') => "good",
            Some(b'3') => "info",
            Some(b'4') => "warn",
            _ => "bad",
        },
        status: status.to_owned(),
        description: answer["description"].as_str().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        fields: if schema.is_null() { Vec::new() } else { fields(document, schema) },
    }
}

fn example(method: &str, path: &str, body: &[Field]) -> String {
    let mut lines = vec!["curl \"$TRUNKLINE_URL".to_owned() + path + "\""];
    if method != "get" {
        lines.push(format!("--request {}", method.to_uppercase()));
    }
    lines.push("--header \"Authorization: Bearer $TRUNKLINE_KEY\"".to_owned());
    if method == "post" {
        lines.push("--header \"Idempotency-Key: $(uuidgen)\"".to_owned());
    }
    if matches!(method, "put" | "patch") {
        lines.push("--header 'If-Match: \"…\"'".to_owned());
    }
    let names = body.iter().filter(|field| field.is_required && !field.path.contains(['.', '[']));
    let fields: Vec<String> = names.map(|field| format!("\"{}\": …", field.path)).collect();
    if !body.is_empty() {
        lines.push("--header 'Content-Type: application/json'".to_owned());
        lines.push(format!("--data '{{ {} }}'", fields.join(", ")));
    }
    lines.join(" \\\n  ")
}
