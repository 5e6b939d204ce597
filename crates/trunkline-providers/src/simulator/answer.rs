use std::io;

use axum::body::{Body, Bytes};
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use serde_json::Value;

/// What goes back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub(crate) fn page(html: String) -> Self {
        Self::text(200, "text/html; charset=utf-8", html)
    }

    pub(crate) fn text(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, kind.to_owned())], body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::empty(303).with(LOCATION, to)
    }

    /// With a header in place of those of that name.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The head promises more than comes.
    pub(crate) fn into_half_a_response(mut self) -> Response<Body> {
        let half = self.body.len() / 2;
        let chunk = Ok(Bytes::from(self.body.drain(..half).collect::<Vec<u8>>()));
        let rest: [io::Result<Bytes>; 2] = [chunk, Err(io::ErrorKind::ConnectionReset.into())];
        let mut response = self.into_response();
        *response.body_mut() = Body::from_stream(futures_util::stream::iter(rest));
        response
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status.try_into().unwrap_or_default();
        for (name, value) in self.headers {
            // A value that no header can hold came with the request, and is left out.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
