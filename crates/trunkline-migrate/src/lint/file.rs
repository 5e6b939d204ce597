use std::ops::Range;

use super::squawk::{Ignored, Reading, RelationName};
use crate::source::{Name, Script, SourceError, placeholders_as_words};
use crate::sql::{Position, Statement};

/// A migration's file as the rules see it: its statements, read.
pub(super) struct File<'a> {
    pub migration: &'a Name,
    pub script: &'a Script,
    pub statements: &'a [Statement],
    /// Its text with a word for every `${NAME}`, whatever will stand there.
    text: String,
    pub readings: Vec<Reading>,
    /// Tables that other migrations of the set create.
    pub set: &'a [RelationName],
    pub ignored: Ignored,
}

impl<'a> File<'a> {
    pub(super) fn read(
        migration: &'a Name,
        script: &'a Script,
        set: &'a [RelationName],
    ) -> Result<Self, SourceError> {
        let statements = script.statements()?;
        let text = placeholders_as_words(&script.text);
        let readings = statements.iter().map(|it| Reading::of(&text[it.range.clone()])).collect();
        let ignored = Ignored::default();
        Ok(Self { migration, script, statements, text, readings, set, ignored })
    }

    /// Whether an earlier statement of this file, or statement `index` itself, creates `table`.
    pub(super) fn creates(&self, table: &RelationName, index: usize) -> bool {
        self.readings[..=index]
            .iter()
            .filter_map(|reading| reading.head.new_table())
            .any(|created| created.may_be(table))
    }

    /// Whether every table that statement `index` touches is new here.
    ///
    /// An index or trigger that is dropped names no table: it is new when this file made it.
    pub(super) fn touches_only_new(&self, index: usize) -> bool {
        let reading = &self.readings[index];
        if reading.head.new_table().is_some() {
            return true;
        }
        if reading.head.verb == super::squawk::Verb::Drop
            && self.readings[..index].iter().any(|it| it.head.is_undone_by(&reading.head))
        {
            return true;
        }
        !reading.touches.is_empty()
            && reading.touches.iter().all(|touch| self.creates(&touch.relation, index))
    }

    /// The statement in which the byte `offset` of the file stands.
    pub(super) fn statement_at(&self, offset: usize) -> Option<usize> {
        // A parser's node may begin in the comment before its statement.
        self.statements.iter().position(|statement| offset < statement.range.end.max(1))
    }

    /// The bytes of the file for a place in statement `index`.
    pub(super) fn offset(&self, index: usize, within: usize) -> usize {
        self.statements[index].range.start + within
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        Position::of(&self.script.text, offset)
    }

    /// The text with the rows of COPY blanked out, which are not SQL, and a byte order mark too.
    pub(super) fn parseable(&self) -> String {
        let mut text = self.text.clone().into_bytes();
        let blank = |text: &mut Vec<u8>, range: Range<usize>| {
            for byte in &mut text[range] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        };
        if text.starts_with("\u{feff}".as_bytes()) {
            blank(&mut text, 0..'\u{feff}'.len_utf8());
        }
        for rows in self.statements.iter().filter_map(|statement| statement.copy_data.clone()) {
            // The line `\.` closes the rows and is not SQL either.
            let end = rows.end + text[rows.end..].iter().take_while(|byte| **byte != b'\n').count();
            blank(&mut text, rows.start..end);
        }
        String::from_utf8(text).unwrap_or_default()
    }
}
