use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use trunkline_store::Document;

use super::page::with_next;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One row of a list, as the database keeps it.
pub(crate) struct One<T>(pub Document<T>);

impl<T> IntoResponse for One<T> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, JSON)], self.0.into_string()).into_response()
    }
}

/// A page of rows that are JSON already: `Page<T>` as an answer, without reading the rows.
pub(crate) struct Documents<T> {
    rows: Vec<Document<T>>,
    next_cursor: Option<String>,
    /// The address of the next page.
    next: Option<String>,
}

impl<T> Documents<T> {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self::new(Vec::new(), None, None)
    }

    pub(super) fn new(
        rows: Vec<Document<T>>,
        next_cursor: Option<String>,
        next: Option<String>,
    ) -> Self {
        Self { rows, next_cursor, next }
    }

    fn body(&self) -> String {
        let length: usize = self.rows.iter().map(|row| row.as_str().len() + 1).sum();
        let mut body = String::with_capacity(length + 512);
        body.push_str("{\"items\":[");
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push_str(row.as_str());
        }
        body.push_str("],\"next_cursor\":");
        match &self.next_cursor {
            // Its alphabet needs no escape.
            Some(cursor) => body.extend(["\"", cursor.as_str(), "\""]),
            None => body.push_str("null"),
        }
        body.push('}');
        body
    }
}

impl<T> IntoResponse for Documents<T> {
    fn into_response(self) -> Response {
        let answer = ([(CONTENT_TYPE, JSON)], self.body()).into_response();
        with_next(answer, self.next.as_deref())
    }
}
