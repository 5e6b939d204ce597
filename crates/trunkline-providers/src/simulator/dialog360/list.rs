//! Lists: `limit`, `offset`, `sort`, and `filters` as a JSON object of dotted paths.

use serde_json::{Map, Value, json};

use crate::simulator::{
    dialog360::{
        Handled,
        errors::{self, Refused},
    },
    request::Request,
};

const USUAL: usize = 20;
const MOST: usize = 200;

/// One page of documents below a key.
pub(super) fn list(
    request: &Request,
    key: &str,
    filterable: &[&str],
    mut documents: Vec<Value>,
) -> Handled {
    let number = |name: &str, otherwise: usize| match request.text(name) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| errors::wrong_payload(format!("{name}: no number"))),
    };
    let limit = number("limit", USUAL)?.clamp(1, MOST);
    let offset = number("offset", 0)?;
    let filters = filters(request, filterable)?;
    documents.retain(|document| filters.iter().all(|filter| matches(document, filter)));
    let sort = request.text("sort").unwrap_or_else(|| "created_at".to_owned());
    order(&mut documents, &sort);
    let total = documents.len();
    let shown: Vec<Value> = documents.into_iter().skip(offset).take(limit).collect();
    let mut body = json!({"limit": limit, "offset": offset, "sort": [sort], "filters": filters,
        "count": shown.len(), "total": total});
    body[key] = shown.into();
    Ok((200, body))
}

/// An unknown field is an error, as the reference says.
fn filters(request: &Request, filterable: &[&str]) -> Result<Map<String, Value>, Refused> {
    let Some(text) = request.text("filters").filter(|text| !text.is_empty()) else {
        return Ok(Map::new());
    };
    let Ok(Value::Object(filters)) = serde_json::from_str(&text) else {
        return Err(errors::wrong_payload("filters: no JSON object"));
    };
    match filters.keys().find(|name| !filterable.contains(&name.as_str())) {
        Some(unknown) => Err(errors::wrong_payload(format!("filters: unknown field {unknown}"))),
        None => Ok(filters),
    }
}

fn matches(document: &Value, (path, expected): (&String, &Value)) -> bool {
    if path == "q" {
        let wanted = expected.as_str().unwrap_or_default().to_lowercase();
        return document.to_string().to_lowercase().contains(&wanted);
    }
    reach(document, path) == expected
}

fn reach<'d>(document: &'d Value, path: &str) -> &'d Value {
    path.split('.').fold(document, |value, name| &value[name])
}

fn order(documents: &mut [Value], sort: &str) {
    let (path, descending) = match sort.strip_prefix('-') {
        Some(path) => (path, true),
        None => (sort, false),
    };
    let text = |document: &Value| match reach(document, path) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    documents.sort_by_cached_key(|document| text(document));
    if descending {
        documents.reverse();
    }
}
