//! Lists with cursors. `next` holds the access token, as Meta's does: a client must not follow it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::simulator::{
    meta::{
        Handled, Outcome,
        caller::token_of,
        errors::{self, Refused},
        fields::{Kind, pick, wanted},
    },
    scene::Scene,
};

const USUAL: usize = 25;
const MOST: usize = 100;

/// One page of documents, of which each has an id.
pub(super) fn page(scene: &Scene<'_>, kind: &Kind, documents: &[Map<String, Value>]) -> Handled {
    let fields = wanted(scene.request, kind)?;
    let limit = match scene.request.text("limit") {
        None => USUAL,
        Some(text) => text.parse().map_err(|_| errors::invalid("limit is no number"))?,
    };
    let limit = limit.clamp(1, MOST);
    let position = |name: &str| cursor(scene, name, documents);
    let first = match (position("after")?, position("before")?) {
        (Some(after), _) => after + 1,
        (None, Some(before)) => before.saturating_sub(limit),
        (None, None) => 0,
    };
    let shown = &documents[first.min(documents.len())..documents.len().min(first + limit)];
    let data: Vec<Value> = shown.iter().map(|document| pick(document, &fields).into()).collect();
    let mut body = json!({ "data": data });
    if let (Some(before), Some(after)) = (shown.first().map(seal), shown.last().map(seal)) {
        body["paging"] = json!({"cursors": {"before": before, "after": after}});
        if first + limit < documents.len() {
            body["paging"]["next"] = next(scene, limit, &after).into();
        }
    }
    Ok(Outcome::Done(body))
}

fn cursor(
    scene: &Scene<'_>,
    name: &str,
    documents: &[Map<String, Value>],
) -> Result<Option<usize>, Refused> {
    let Some(given) = scene.request.text(name).filter(|given| !given.is_empty()) else {
        return Ok(None);
    };
    let found = documents.iter().position(|document| seal(document) == given);
    found.map(Some).ok_or_else(|| errors::invalid(format!("Invalid cursors values, {name}")))
}

fn seal(document: &Map<String, Value>) -> String {
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(format!("cursor:{id}"))
}

fn next(scene: &Scene<'_>, limit: usize, after: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("access_token", &token_of(scene.request).unwrap_or_default());
    if let Some(fields) = scene.request.text("fields") {
        query.append_pair("fields", &fields);
    }
    query.append_pair("limit", &limit.to_string()).append_pair("after", after);
    format!("{}{}?{}", scene.base, scene.request.path, query.finish())
}
