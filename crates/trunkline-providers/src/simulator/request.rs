use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};

/// The longest body that is read, in bytes.
const LONGEST: usize = 8 * 1024 * 1024;

/// What arrived, read whole. Parameters of query, form, multipart form and JSON body stand together, as Meta takes
/// them from any of these.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path's segments, percent-decoded.
    pub(crate) segments: Vec<String>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) parameters: Map<String, Value>,
    /// The body as JSON; null when it is something else.
    pub(crate) json: Value,
    /// The file of a multipart form.
    pub(crate) file: Option<File>,
}

/// A file that came with a form.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its type, where that is said.
    pub(crate) kind: Option<String>,
    pub(crate) content: Bytes,
}

impl Request {
    /// `None` when the body does not come, or is too long.
    pub(crate) async fn read(request: hyper::Request<Body>) -> Option<Self> {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LONGEST).await.ok()?;
        let path = head.uri.path().to_owned();
        let query = head.uri.query().unwrap_or_default().to_owned();
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let mut parameters = form(query.as_bytes());
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut file = None;
        if kind.starts_with("multipart/form-data") {
            let (fields, sent) = multipart(&kind, body).await;
            parameters.extend(fields);
            file = sent;
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            parameters.extend(form(&body));
        } else if let Value::Object(fields) = &json {
            parameters.extend(fields.clone());
        }
        Some(Self {
            method: head.method.to_string(),
            segments: segments(&path),
            path,
            query,
            headers: head.headers,
            parameters,
            json,
            file,
        })
    }

    /// The segments behind the provider's prefix.
    pub(crate) fn rest(&self) -> Vec<&str> {
        self.segments.iter().skip(1).map(String::as_str).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter as text; numbers and booleans too.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.parameters.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header(AUTHORIZATION.as_str())?.strip_prefix("Bearer ")
    }

    /// User and password of `Authorization: Basic`.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header(AUTHORIZATION.as_str())?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }
}

/// The segments of a path, percent-decoded.
fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into())
        .collect()
}

fn form(text: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}

async fn multipart(kind: &str, body: Bytes) -> (Map<String, Value>, Option<File>) {
    let (mut parameters, mut file) = (Map::new(), None);
    let Ok(request) = hyper::Request::builder().header(CONTENT_TYPE, kind).body(Body::from(body))
    else {
        return (parameters, file);
    };
    let Ok(mut fields) = Multipart::from_request(request, &()).await else {
        return (parameters, file);
    };
    while let Ok(Some(field)) = fields.next_field().await {
        if field.file_name().is_some() {
            let kind = field.content_type().map(ToOwned::to_owned);
            file = field.bytes().await.ok().map(|content| File { kind, content });
            continue;
        }
        let name = field.name().unwrap_or_default().to_owned();
        parameters.insert(name, Value::String(field.text().await.unwrap_or_default()));
    }
    (parameters, file)
}
