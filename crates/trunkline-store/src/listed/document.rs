use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use crate::StoreError;

/// A row of a list in JSON, as the REST API shows it; the database keeps it so.
pub struct Document<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Document<T> {
    /// Reads the first column of a row.
    pub(crate) fn from_row(row: &Row) -> Self {
        Self { text: row.get(0), of: PhantomData }
    }

    /// With a number behind its other members.
    pub(crate) fn with(mut self, name: &str, number: Option<i32>) -> Self {
        let closed = self.text.pop();
        debug_assert_eq!(closed, Some('}'), "a document is an object");
        self.text.extend([",\"", name, "\":"]);
        match number {
            Some(number) => self.text.push_str(&number.to_string()),
            None => self.text.push_str("null"),
        }
        self.text.push('}');
        self
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The JSON.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl<T: DeserializeOwned> Document<T> {
    /// What it says.
    pub fn read(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.text).map_err(|error| StoreError::Query {
            doing: "read a row of a list",
            reason: error.to_string(),
            code: None,
        })
    }
}

impl<T> fmt::Debug for Document<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
