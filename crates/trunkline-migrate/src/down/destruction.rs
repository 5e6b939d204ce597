//! What a down script would destroy, read from its statements.

use crate::sql::{Word, words};

/// Data that a statement takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destruction {
    /// DROP TABLE of these.
    Tables(Vec<String>),
    /// ALTER TABLE … DROP COLUMN of these.
    Columns { table: String, columns: Vec<String> },
    /// DELETE or TRUNCATE of these.
    Rows(Vec<String>),
    /// DROP SCHEMA of these, with what is in them.
    Schemas(Vec<String>),
}

impl Destruction {
    /// Reads one statement; names are as they are written, fit for `to_regclass`.
    pub(super) fn read(sql: &str) -> Option<Self> {
        let words: Vec<Word<'_>> = words(sql).collect();
        let is = |index: usize, keyword: &str| words.get(index).is_some_and(|w| w.is(keyword));
        if is(0, "drop") && is(1, "table") {
            return Some(Self::Tables(names(after_existence(&words[2..]))));
        }
        if is(0, "drop") && is(1, "schema") {
            return Some(Self::Schemas(names(after_existence(&words[2..]))));
        }
        if is(0, "truncate") {
            let skipped = if is(1, "table") { 2 } else { 1 };
            return Some(Self::Rows(names(&words[skipped..])));
        }
        if is(0, "delete") && is(1, "from") {
            return Some(Self::Rows(names(&words[2..]).into_iter().take(1).collect()));
        }
        if is(0, "alter") && is(1, "table") {
            return dropped_columns(after_existence(&words[2..]));
        }
        None
    }
}

fn after_existence<'a, 'w>(words: &'a [Word<'w>]) -> &'a [Word<'w>] {
    let skipped = words
        .iter()
        .take_while(|word| word.is("if") || word.is("exists") || word.is("only"))
        .count();
    &words[skipped..]
}

/// A list of names, each perhaps qualified, up to the first word that is neither name, dot nor comma.
fn names(words: &[Word<'_>]) -> Vec<String> {
    let mut names = Vec::new();
    let mut current = String::new();
    let mut expects_name = true;
    for word in words {
        match (word.text, expects_name) {
            (".", false) => {
                current.push('.');
                expects_name = true;
            }
            (",", false) => {
                names.push(std::mem::take(&mut current));
                expects_name = true;
            }
            (text, true) if text.eq_ignore_ascii_case("only") => {}
            (text, true) => {
                current.push_str(text);
                expects_name = false;
            }
            _ => break,
        }
    }
    names.push(current);
    names.retain(|name| !name.is_empty());
    names
}

fn dropped_columns(words: &[Word<'_>]) -> Option<Destruction> {
    let table = names(words).into_iter().next()?;
    let mut columns = Vec::new();
    let mut depth = 0_usize;
    let mut begins_action = false;
    for (index, word) in words.iter().enumerate() {
        match word.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        // The first action follows the table's name, the others a comma.
        let first = word.is("drop") && index > 0 && !begins_action && columns.is_empty();
        let action =
            depth == 0 && word.is("drop") && (begins_action || first && is_name_end(words, index));
        begins_action = depth == 0 && word.text == ",";
        if !action || words.get(index + 1).is_some_and(|next| next.is("constraint")) {
            continue;
        }
        let rest = words.get(index + 1..).unwrap_or_default();
        let rest = if rest.first().is_some_and(|w| w.is("column")) { &rest[1..] } else { rest };
        columns.extend(after_existence(rest).first().map(Word::identifier));
    }
    (!columns.is_empty()).then_some(Destruction::Columns { table, columns })
}

/// Whether everything before `index` is the table's name: names and dots alternate.
fn is_name_end(words: &[Word<'_>], index: usize) -> bool {
    words[..index].iter().enumerate().all(|(place, word)| (place % 2 == 1) == (word.text == "."))
}

#[cfg(test)]
mod tests {
    use super::Destruction;

    fn tables(names: &[&str]) -> Destruction {
        Destruction::Tables(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn reads_the_tables_of_a_drop() {
        assert_eq!(
            Destruction::read("DROP TABLE IF EXISTS public.a, \"B c\".d CASCADE"),
            Some(tables(&["public.a", "\"B c\".d"]))
        );
        assert_eq!(Destruction::read("drop table x"), Some(tables(&["x"])));
        assert_eq!(Destruction::read("DROP INDEX x"), None);
    }

    #[test]
    fn reads_the_columns_of_an_alter_table() {
        let columns = |columns: &[&str]| {
            Some(Destruction::Columns {
                table: "public.t".to_owned(),
                columns: columns.iter().map(ToString::to_string).collect(),
            })
        };
        assert_eq!(
            Destruction::read(
                "ALTER TABLE IF EXISTS public.t DROP COLUMN IF EXISTS a, ADD CHECK (b IN (1, 2)), \
                 DROP CONSTRAINT c, DROP d, ALTER COLUMN e DROP DEFAULT"
            ),
            columns(&["a", "d"])
        );
        assert_eq!(Destruction::read("ALTER TABLE public.t ALTER COLUMN a DROP NOT NULL"), None);
        assert_eq!(Destruction::read("ALTER TABLE public.t DROP CONSTRAINT a"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_words_are_read_without_a_panic(
            text in "(drop |alter |table |schema |delete |truncate |from |if |exists |only |column |constraint |[a-z\"'.,() ]|\\PC){0,30}",
        ) {
            let _ = Destruction::read(&text);
        }
    }

    #[test]
    fn reads_deleted_and_truncated_tables() {
        let rows = |names: &[&str]| {
            Some(Destruction::Rows(names.iter().map(ToString::to_string).collect()))
        };
        assert_eq!(Destruction::read("DELETE FROM ONLY a.b WHERE c"), rows(&["a.b"]));
        assert_eq!(Destruction::read("TRUNCATE TABLE a, b RESTART IDENTITY"), rows(&["a", "b"]));
    }
}
