use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};
use thiserror::Error;

use super::Position;

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Bytes of the statement: from its first token, without its closing semicolon.
    pub range: Range<usize>,
    /// Bytes of the rows that follow `COPY … FROM STDIN`, up to and without the `\.` line.
    pub copy_data: Option<Range<usize>>,
    /// Where its first token stands.
    pub position: Position,
}

/// A text that cannot be divided into statements.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct SplitError {
    /// What is wrong, as a sentence without a full stop.
    pub what: String,
    /// Where it begins.
    pub position: Position,
}

/// Divides `text` at its top-level semicolons, as `psql` does.
///
/// Knows strings, quoted identifiers, dollar quotes, nested comments, parentheses, SQL-standard
/// function bodies (`BEGIN ATOMIC … END`) and the data lines of `COPY … FROM STDIN`.
///
/// ```
/// let text = "CREATE TABLE a (b text DEFAULT ';'); -- one;\nDO $$ BEGIN; END $$";
/// let statements = trunkline_migrate::sql::split(text).unwrap();
/// assert_eq!(statements.len(), 2);
/// assert_eq!(statements[1].position.to_string(), "2:1");
/// ```
pub fn split(text: &str) -> Result<Vec<Statement>, SplitError> {
    let mut statements = Vec::new();
    let mut next = if text.starts_with(squawk_lexer::BOM) { squawk_lexer::BOM.len() } else { 0 };
    let mut lines = LineCounter::default();
    while let Some(found) = next_statement(text, next)? {
        next = found.resume_at;
        if !found.range.is_empty() {
            statements.push(Statement {
                position: lines.position(text, found.range.start),
                range: found.range,
                copy_data: found.copy_data,
            });
        }
    }
    Ok(statements)
}

struct Found {
    range: Range<usize>,
    copy_data: Option<Range<usize>>,
    resume_at: usize,
}

fn next_statement(text: &str, from: usize) -> Result<Option<Found>, SplitError> {
    let mut offset = from;
    let mut start = None;
    let mut end = from;
    let mut state = Nesting::default();
    for token in tokenize(&text[from..]) {
        let at = offset;
        offset += token.len as usize;
        let word = &text[at..offset];
        if let Some(what) = unterminated(token.kind) {
            return Err(SplitError { what: what.to_owned(), position: Position::of(text, at) });
        }
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {
                continue;
            }
            TokenKind::Eof => break,
            TokenKind::Semi if state.is_outermost() => {
                let range = start.map_or(at..at, |start| start..at);
                let copy_data = state.copies_from_stdin().then(|| copy_rows(text, offset));
                let resume_at = copy_data.as_ref().map_or(offset, |rows| after_copy(text, rows));
                return Ok(Some(Found { range, copy_data, resume_at }));
            }
            TokenKind::Unknown if start.is_none() && word.starts_with('\\') => {
                return Err(SplitError {
                    what: format!("`{}` is a command of psql, not SQL", first_line(&text[at..])),
                    position: Position::of(text, at),
                });
            }
            kind => state.observe(kind, word),
        }
        start.get_or_insert(at);
        end = offset;
    }
    Ok(start.map(|start| Found { range: start..end, copy_data: None, resume_at: text.len() }))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end()
}

fn unterminated(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::BlockComment { terminated: false } => Some("this comment is never closed"),
        TokenKind::QuotedIdent { terminated: false, .. } => {
            Some("this quoted identifier is never closed")
        }
        TokenKind::Literal {
            kind:
                LiteralKind::Str { terminated: false }
                | LiteralKind::NationalStr { terminated: false }
                | LiteralKind::ByteStr { terminated: false }
                | LiteralKind::BitStr { terminated: false }
                | LiteralKind::UnicodeEscStr { terminated: false }
                | LiteralKind::EscStr { terminated: false },
        } => Some("this string is never closed"),
        TokenKind::Literal { kind: LiteralKind::DollarQuotedString { terminated: false } } => {
            Some("this dollar-quoted string is never closed")
        }
        _ => None,
    }
}

/// What the splitter remembers inside a statement: whether a semicolon ends it.
#[derive(Default)]
struct Nesting {
    parentheses: usize,
    /// Open `BEGIN` and `CASE` in the body of a CREATE FUNCTION or PROCEDURE.
    blocks: usize,
    /// The first key words, enough to know COPY and CREATE OR REPLACE FUNCTION.
    opening: Vec<String>,
    from_stdin: FromStdin,
}

#[derive(Default, PartialEq)]
enum FromStdin {
    #[default]
    NotSeen,
    From,
    Seen,
}

impl Nesting {
    const OPENING_WORDS: usize = 4;

    fn is_outermost(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    fn copies_from_stdin(&self) -> bool {
        self.from_stdin == FromStdin::Seen && self.opening.first().is_some_and(|w| w == "copy")
    }

    fn observe(&mut self, kind: TokenKind, word: &str) {
        match kind {
            TokenKind::OpenParen => self.parentheses += 1,
            TokenKind::CloseParen => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Ident => self.observe_identifier(&word.to_ascii_lowercase()),
            _ => {}
        }
    }

    fn observe_identifier(&mut self, word: &str) {
        if self.opening.len() < Self::OPENING_WORDS {
            self.opening.push(word.to_owned());
        }
        if self.parentheses > 0 {
            return;
        }
        self.from_stdin = match (&self.from_stdin, word) {
            (FromStdin::Seen, _) | (FromStdin::From, "stdin") => FromStdin::Seen,
            (_, "from") => FromStdin::From,
            _ => FromStdin::NotSeen,
        };
        if self.defines_routine() {
            match word {
                "begin" => self.blocks += 1,
                "case" if self.blocks > 0 => self.blocks += 1,
                "end" => self.blocks = self.blocks.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn defines_routine(&self) -> bool {
        let mut words = self.opening.iter().map(String::as_str);
        if words.next() != Some("create") {
            return false;
        }
        let mut kind = words.next();
        if kind == Some("or") {
            kind = words.nth(1);
        }
        matches!(kind, Some("function" | "procedure"))
    }
}

/// The rows behind `COPY … FROM STDIN;`: from the next line to the line `\.` or the end.
fn copy_rows(text: &str, after_semicolon: usize) -> Range<usize> {
    let start = text[after_semicolon..]
        .find('\n')
        .map_or(text.len(), |newline| after_semicolon + newline + 1);
    let mut end = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end_matches(['\r', '\n']) == r"\." {
            break;
        }
        end += line.len();
    }
    start..end
}

fn after_copy(text: &str, rows: &Range<usize>) -> usize {
    text[rows.end..].find('\n').map_or(text.len(), |newline| rows.end + newline + 1)
}

/// Turns growing offsets into positions without reading the text again from its start.
#[derive(Default)]
struct LineCounter {
    seen: usize,
    line: usize,
}

impl LineCounter {
    fn position(&mut self, text: &str, offset: usize) -> Position {
        self.line += text[self.seen..offset].bytes().filter(|byte| *byte == b'\n').count();
        self.seen = offset;
        let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        Position { line: self.line + 1, column: text[line_start..offset].chars().count() + 1 }
    }
}
