use std::fmt;

use serde::Serialize;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::source::{Name, Script};
use crate::sql::{Position, Statement, words};

/// A statement of a migration that PostgreSQL refused, with everything needed to mend it.
#[derive(Debug, Clone, Serialize)]
pub struct StatementFailure {
    /// The migration.
    pub migration: Name,
    /// The file as messages name it.
    pub file: String,
    /// Where the error is in the file.
    pub position: Position,
    /// How many characters from there are meant.
    pub width: usize,
    /// That line of the file.
    pub line: String,
    /// Which statement, from 1.
    pub statement: usize,
    /// Of how many.
    pub of: usize,
    /// PostgreSQL's SQLSTATE.
    pub code: String,
    /// PostgreSQL's message.
    pub message: String,
    /// PostgreSQL's detail.
    pub detail: Option<String>,
    /// PostgreSQL's hint.
    pub hint: Option<String>,
    /// PostgreSQL's context: the line of a function, the row of a COPY.
    pub context: Option<String>,
    /// Ours.
    pub advice: Option<String>,
    /// What this failure left behind.
    pub left: &'static str,
}

impl fmt::Display for StatementFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} (statement {} of {}, SQLSTATE {})",
            self.file, self.position, self.message, self.statement, self.of, self.code
        )
    }
}

impl StatementFailure {
    pub(crate) fn new(
        migration: &Name,
        script: &Script,
        (index, statement): (usize, &Statement),
        of: usize,
        said: &DbError,
    ) -> Self {
        let sql = script.sql(statement);
        let (within, width) = locate(sql, said);
        let advice = if sql[within..].starts_with("${") {
            Some("`${…}` is replaced from the environment with --substitute only")
        } else {
            advice(said.code())
        };
        let offset = statement.range.start + within;
        let position = Position::of(&script.text, offset);
        let line = script.text.lines().nth(position.line - 1).unwrap_or_default();
        Self {
            migration: migration.clone(),
            file: script.file.clone(),
            position,
            width,
            line: line.trim_end().to_owned(),
            statement: index + 1,
            of,
            code: said.code().code().to_owned(),
            message: said.message().to_owned(),
            detail: said.detail().map(str::to_owned),
            hint: said.hint().map(str::to_owned),
            context: said.where_().map(str::to_owned),
            advice: advice.map(|advice| advice.replace("NAME", migration.as_str())),
            left: if script.directives.no_transaction {
                "the statements before it stay done; mend this one and run the same command again"
            } else {
                "the transaction was rolled back, nothing of this migration remains"
            },
        }
    }
}

/// Where in `sql` the error is: PostgreSQL's own position, else the name that its message quotes,
/// since it sends no position for utility statements. As byte offset and number of characters.
fn locate(sql: &str, said: &DbError) -> (usize, usize) {
    if let Some(ErrorPosition::Original(position)) = said.position() {
        let character = (*position as usize).saturating_sub(1);
        let offset = sql.char_indices().nth(character).map_or(sql.len(), |(offset, _)| offset);
        let width = words(&sql[offset..]).next().map_or(1, |word| word.text.chars().count());
        return (offset, width);
    }
    let quoted = said.message().split('"').nth(1).unwrap_or_default();
    let name = quoted.rsplit('.').next().unwrap_or_default();
    if name.is_empty() {
        return (0, 1);
    }
    words(sql)
        .find(|word| word.text.trim_matches('"').eq_ignore_ascii_case(name))
        .map_or((0, 1), |word| (word.offset, word.text.chars().count()))
}

fn advice(code: &SqlState) -> Option<&'static str> {
    Some(match code.code() {
        "25001" => {
            "this cannot run inside a transaction: give it a file of its own with the line \
             `-- trunkline: no-transaction` in its leading comment"
        }
        "42501" => {
            "this login lacks the right: make it the owner (ALTER TABLE … OWNER TO LOGIN) or run \
             the migration as the owner"
        }
        "42P07" | "42710" | "42701" => {
            "it exists already: write IF NOT EXISTS, or, if the migration was applied by hand: \
             trunkline migrate adopt NAME"
        }
        "42601" => "correct that line, then run the same command again",
        "53100" => "the server's disk is full: free space there, then run the same command again",
        "25006" => "the server is read-only (a standby?): use the primary's address",
        "57014" => "it was cancelled: by Ctrl-C, an administrator, or a statement_timeout",
        "23503" => {
            "rows refer to rows that are not there: `trunkline migrate verify` counts them and \
             shows examples"
        }
        "23505" => "find the duplicates with the columns of the detail line, and mend them first",
        "2BP01" => {
            "something else depends on it: drop that in this migration first, so that CASCADE does \
             not decide"
        }
        _ => return None,
    })
}
