use thiserror::Error;

use crate::sql::{Position, words};

const PREFIX: &str = "trunkline:";

/// What the leading comment of a file asks of the engine.
///
/// A directive is a line `-- trunkline: …` before the first statement, anywhere in the comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// `no-transaction`: each statement by itself, for example CREATE INDEX CONCURRENTLY.
    pub no_transaction: bool,
    /// `requires schema.table(column type [primary key], …)`: checked before anything runs.
    pub requires: Vec<RequiredTable>,
}

/// A table that must exist before a migration may run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RequiredTable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// The columns that must be there, with their types.
    pub columns: Vec<RequiredColumn>,
}

/// A column of a [`RequiredTable`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RequiredColumn {
    /// Its name.
    pub name: String,
    /// Its type as PostgreSQL's `format_type` prints it.
    pub data_type: String,
    /// Whether it must be unique by itself, so that a foreign key can refer to it.
    pub key: bool,
}

/// A directive that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: `{directive}` is not a directive")]
pub struct DirectiveError {
    /// Its line, from 1.
    pub line: usize,
    /// What stands behind `trunkline:`.
    pub directive: String,
}

impl Directives {
    /// Reads the comment in front of the first statement of `text`.
    pub fn parse(text: &str) -> Result<Self, DirectiveError> {
        if !text.contains(PREFIX) {
            return Ok(Self::default());
        }
        let leading = &text[..words(text).next().map_or(text.len(), |word| word.offset)];
        let mut directives = Self::default();
        for (index, line) in leading.lines().enumerate() {
            let comment = line.trim_start_matches('\u{feff}').trim().trim_start_matches("--");
            let Some(directive) = comment.trim_start().strip_prefix(PREFIX) else { continue };
            directives.read(directive.trim()).ok_or_else(|| DirectiveError {
                line: index + 1,
                directive: directive.trim().to_owned(),
            })?;
        }
        Ok(directives)
    }

    fn read(&mut self, directive: &str) -> Option<()> {
        if directive == "no-transaction" {
            self.no_transaction = true;
        } else {
            self.requires.push(required_table(directive.strip_prefix("requires ")?)?);
        }
        Some(())
    }
}

/// Reads `schema.table(column type, …)`; the schema may be left out and is then `public`.
fn required_table(text: &str) -> Option<RequiredTable> {
    let (relation, columns) = match text.split_once('(') {
        Some((relation, rest)) => (relation, rest.strip_suffix(')')?),
        None => (text, ""),
    };
    let (schema, table) = relation.trim().split_once('.').unwrap_or(("public", relation.trim()));
    let columns = columns
        .split(',')
        .map(str::trim)
        .filter(|column| !column.is_empty())
        .map(|column| {
            let (name, data_type) = column.split_once(char::is_whitespace)?;
            let data_type = data_type.trim().to_lowercase();
            let (data_type, key) = match data_type.strip_suffix("primary key") {
                Some(data_type) => (data_type.trim_end().to_owned(), true),
                None => (data_type, false),
            };
            Some(RequiredColumn { name: name.into(), data_type, key })
        })
        .collect::<Option<_>>()?;
    let plain = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    (plain(schema) && plain(table)).then(|| RequiredTable {
        schema: schema.into(),
        table: table.into(),
        columns,
    })
}

impl DirectiveError {
    /// Where the line begins.
    pub fn position(&self) -> Position {
        Position { line: self.line, column: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::Directives;

    #[test]
    fn directives_stand_anywhere_in_the_leading_comment() {
        let directives = Directives::parse(
            "-- Builds an index.\n/* more */\n-- trunkline: no-transaction\n\
             -- trunkline: requires public.companies(id integer primary key, name text)\n\nSELECT 1;",
        )
        .unwrap();
        assert!(directives.no_transaction);
        assert_eq!(directives.requires[0].table, "companies");
        assert!(directives.requires[0].columns[0].key);
        assert_eq!(directives.requires[0].columns[1].data_type, "text");
    }

    #[test]
    fn a_directive_behind_the_first_statement_is_a_comment() {
        let directives = Directives::parse("SELECT 1;\n-- trunkline: no-transaction\n").unwrap();
        assert_eq!(directives, Directives::default());
    }

    #[test]
    fn a_misspelled_directive_is_an_error_with_its_line() {
        let error =
            Directives::parse("-- one\n-- trunkline: no-transactions\nSELECT 1").unwrap_err();
        assert_eq!(error.to_string(), "line 2: `no-transactions` is not a directive");
    }
}
