use std::borrow::Cow;

use super::{Checksum, Directives, SourceError};
use crate::sql::{self, Position, Statement, words};

/// One SQL file, read and divided into its statements.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file as messages name it.
    pub file: String,
    /// The text as it was read.
    pub text: String,
    /// Its checksums.
    pub checksum: Checksum,
    /// What its leading comment asks of the engine.
    pub directives: Directives,
    statements: std::sync::OnceLock<Vec<Statement>>,
}

impl Script {
    /// Checks that `bytes` is UTF-8 and reads the directives; statements are found when asked for.
    pub(super) fn read(file: String, bytes: Vec<u8>) -> Result<Self, SourceError> {
        match String::from_utf8(bytes) {
            Ok(text) => Self::from_text(file, text),
            Err(error) if matches!(error.as_bytes(), [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) => {
                Err(SourceError::Utf16 { file })
            }
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let lines = error.as_bytes()[..offset].split(|byte| *byte == b'\n');
                Err(SourceError::NotUtf8 { file, offset, line: lines.count() })
            }
        }
    }

    /// The script `text` under the name `file`, for text that comes from the ledger.
    pub(crate) fn from_text(file: String, text: String) -> Result<Self, SourceError> {
        let checksum = Checksum::of(&text);
        let statements = std::sync::OnceLock::new();
        match Directives::parse(&text) {
            Ok(directives) => Ok(Self { file, text, checksum, directives, statements }),
            Err(error) => Err(SourceError::Directive { file, error }),
        }
    }

    /// Its statements, at least one.
    pub fn statements(&self) -> Result<&[Statement], SourceError> {
        if let Some(statements) = self.statements.get() {
            return Ok(statements);
        }
        let statements = sql::split(&self.text)
            .map_err(|error| SourceError::Split { file: self.file.clone(), error })?;
        if statements.is_empty() {
            return Err(SourceError::Empty {
                file: self.file.clone(),
                comment_only: !self.text.trim().is_empty(),
            });
        }
        Ok(self.statements.get_or_init(|| statements))
    }

    /// The statements to run in transactions of the engine's own: a BEGIN … COMMIT around the whole of a
    /// transactional file is left out, and any other transaction control is refused, since it would end
    /// ours, or mean nothing where each statement has its own.
    pub fn body(&self) -> Result<&[Statement], SourceError> {
        let statements = self.statements()?;
        let stepwise = self.directives.no_transaction;
        let controls = |statement: &Statement| transaction_control(self.sql(statement), stepwise);
        let body = match statements {
            [first, body @ .., last]
                if !stepwise
                    && controls(first) == Some(Control::Begin)
                    && controls(last) == Some(Control::Commit)
                    && !body.is_empty() =>
            {
                body
            }
            all => all,
        };
        match body.iter().find(|statement| controls(statement).is_some()) {
            None => Ok(body),
            Some(statement) => Err(SourceError::TransactionControl {
                file: self.file.clone(),
                position: statement.position,
                statement: self.sql(statement).to_owned(),
                stepwise,
            }),
        }
    }

    /// Whether a statement opens or ends a transaction, or a part of one in a `no-transaction` file.
    pub(crate) fn controls_transaction(&self, statement: &Statement) -> bool {
        transaction_control(self.sql(statement), self.directives.no_transaction).is_some()
    }

    /// The text of one of its statements with every `${NAME}` replaced by the environment's value.
    pub(crate) fn substituted(&self, statement: &Statement) -> Result<Cow<'_, str>, SourceError> {
        let sql = self.sql(statement);
        let mut text = String::new();
        let mut rest = sql;
        while let Some((before, name, after)) = next_placeholder(rest) {
            let value = std::env::var(name).map_err(|_| SourceError::Placeholder {
                file: self.file.clone(),
                position: Position::of(
                    &self.text,
                    statement.range.start + sql.len() - rest.len() + before.len(),
                ),
                name: name.to_owned(),
            })?;
            text.push_str(before);
            text.push_str(&value);
            rest = after;
        }
        if rest.len() == sql.len() {
            return Ok(Cow::Borrowed(sql));
        }
        text.push_str(rest);
        Ok(Cow::Owned(text))
    }

    /// The text of one of its statements.
    pub fn sql(&self, statement: &Statement) -> &str {
        &self.text[statement.range.clone()]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    Begin,
    Commit,
    Other,
}

/// What a statement does to the transaction it is in, which for a `stepwise` file is that of itself alone.
fn transaction_control(sql: &str, stepwise: bool) -> Option<Control> {
    let mut words = words(sql);
    let first = words.next()?.text.to_ascii_lowercase();
    let second = words.next().map(|word| word.text.to_ascii_lowercase());
    match (first.as_str(), second.as_deref()) {
        ("begin", _) | ("start", Some("transaction")) => Some(Control::Begin),
        ("commit", Some("prepared")) => Some(Control::Other),
        ("commit" | "end", _) => Some(Control::Commit),
        ("savepoint" | "release", _) | ("rollback", Some("to")) => {
            stepwise.then_some(Control::Other)
        }
        ("rollback" | "abort", _) | ("prepare", Some("transaction")) => Some(Control::Other),
        _ => None,
    }
}

/// The text with every `${NAME}` made a word of the same length, so that it reads as SQL.
pub(crate) fn placeholders_as_words(text: &str) -> String {
    let mut sql = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, after)) = next_placeholder(rest) {
        sql.extend([before, "p_", name, "_"]);
        rest = after;
    }
    sql + rest
}

/// Divides `text` at its first `${NAME}`: what is before, the name, what is after.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("${")?;
        let end = start + text[start..].find('}')?;
        let name = &text[start + 2..end];
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            return Some((&text[..start], name, &text[end + 1..]));
        }
        from = start + 2;
    }
}
