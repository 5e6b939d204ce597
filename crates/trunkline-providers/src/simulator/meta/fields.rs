//! `fields=id,name,phone_numbers{id,status}`: what a caller wants to see of a node.

use serde_json::{Map, Value};

use crate::simulator::{meta::errors::Refused, request::Request};

/// A kind of node: its name in errors, the fields it has, and those it shows by itself.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) known: &'static [&'static str],
    pub(super) usual: &'static [&'static str],
}

/// A field that was asked for, with what is wanted inside of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) inner: Option<String>,
}

/// The fields that were asked for, or the usual ones.
pub(super) fn wanted(request: &Request, kind: &Kind) -> Result<Vec<Field>, Refused> {
    match request.text("fields").filter(|fields| !fields.is_empty()) {
        Some(text) => checked(&text, kind),
        None => Ok(kind.usual.iter().map(|name| field(name)).collect()),
    }
}

/// Reads a list of fields, all of which the kind of node must have.
pub(super) fn checked(text: &str, kind: &Kind) -> Result<Vec<Field>, Refused> {
    let fields = parse(text).ok_or_else(|| {
        Refused::new(400, 2500, format!("Syntax error in the field list: {text}"))
    })?;
    let unknown = fields
        .iter()
        .find(|field| field.name != "id" && !kind.known.contains(&field.name.as_str()));
    match unknown {
        Some(Field { name, .. }) => {
            let kind = kind.name;
            let message =
                format!("(#100) Tried accessing nonexisting field ({name}) on node type ({kind})");
            Err(Refused::new(400, 100, message))
        }
        None => Ok(fields),
    }
}

/// The fields of a document that were asked for, and always its id.
pub(super) fn pick(document: &Map<String, Value>, fields: &[Field]) -> Map<String, Value> {
    let mut picked: Map<String, Value> = fields
        .iter()
        .filter(|field| field.name != "id")
        .filter_map(|field| Some((field.name.clone(), document.get(&field.name)?.clone())))
        .collect();
    if let Some(id) = document.get("id") {
        picked.insert("id".into(), id.clone());
    }
    picked
}

/// What a paging edge inside a field list shows, `phone_numbers.limit(5){id}`: braces and modifiers are taken apart.
fn parse(text: &str) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (index, character) in text.char_indices().chain([(text.len(), ',')]) {
        match character {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                fields.push(field(text[start..index].trim()));
                start = index + 1;
            }
            _ => {}
        }
    }
    (depth == 0 && fields.iter().all(|field| !field.name.is_empty())).then_some(fields)
}

fn field(text: &str) -> Field {
    let name = text.split(['{', '.', '(']).next().unwrap_or_default().to_owned();
    let inner = text.split_once('{').map(|(_, inner)| inner.trim_end_matches('}').to_owned());
    Field { name, inner }
}

/// An edge in a field list: its documents, each with the fields that stand between the braces.
pub(super) fn expand(
    documents: impl Iterator<Item = Map<String, Value>>,
    inner: Option<&str>,
    kind: &Kind,
) -> Result<Value, Refused> {
    let fields = match inner {
        Some(inner) => checked(inner, kind)?,
        None => kind.usual.iter().map(|name| field(name)).collect(),
    };
    let data: Vec<Value> = documents.map(|document| pick(&document, &fields).into()).collect();
    Ok(serde_json::json!({ "data": data }))
}

#[cfg(test)]
mod tests {
    use super::{Field, parse};

    #[test]
    fn field_lists_nest() {
        let fields = parse("id, phone_numbers.limit(5){id,status},name").unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "phone_numbers", "name"]);
        assert_eq!(
            fields[1],
            Field { name: "phone_numbers".into(), inner: Some("id,status".into()) }
        );
        assert_eq!(parse("id{"), None);
        assert_eq!(parse("id,,name"), None);
    }
}
