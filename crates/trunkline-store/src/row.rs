use std::str::FromStr;

use tokio_postgres::Row;

use crate::StoreError;

/// A column of a small vocabulary, which a CHECK keeps to its words.
pub(crate) fn word<T: FromStr>(row: &Row, column: &str) -> Result<T, StoreError> {
    let word: &str = row.get(column);
    word.parse().map_err(|_| StoreError::Query {
        doing: "read a row",
        reason: format!("{column} holds a word of a newer release: {word}"),
        code: None,
    })
}
