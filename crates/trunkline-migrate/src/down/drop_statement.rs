//! DROP and ALTER TABLE statements taken apart, to see whether what they name is in an archive.

use super::companions::Kind;
use crate::sql::{Word, quote, words};

/// What a statement is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// DROP of several things.
    List(Dropped<'a>),
    /// ALTER TABLE of this table, or DROP TRIGGER, POLICY or RULE on it.
    Table(Relation),
}

/// A DROP statement in parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dropped<'a> {
    /// The kind of what may go aside; none for tables and indexes, which do so first of all.
    pub kind: Option<Kind>,
    /// `DROP … IF EXISTS `, as it is written.
    head: &'a str,
    /// Each name as it is written, that of a function with its arguments.
    pub names: Vec<&'a str>,
    /// ` CASCADE` or nothing.
    tail: &'a str,
}

impl Dropped<'_> {
    pub(super) fn cascades(&self) -> bool {
        self.tail.trim().eq_ignore_ascii_case("cascade")
    }

    /// The same statement for some of its names.
    pub(super) fn of(&self, names: &[&str]) -> String {
        format!("{}{}{}", self.head, names.join(", "), self.tail)
    }
}

/// The name of a table or index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Relation {
    pub schema: Option<String>,
    pub name: String,
}

impl Relation {
    /// Reads `relation` or `schema.relation`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let words: Vec<Word<'_>> = words(text).collect();
        Self::of(&words)
    }

    fn of(words: &[Word<'_>]) -> Option<Self> {
        Some(match words {
            [schema, dot, name, ..] if dot.text == "." => {
                Self { schema: Some(schema.identifier()), name: name.identifier() }
            }
            [name, ..] => Self { schema: None, name: name.identifier() },
            [] => return None,
        })
    }

    /// The name as SQL takes it.
    pub(super) fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.name)),
            None => quote(&self.name),
        }
    }
}

impl<'a> Subject<'a> {
    pub(super) fn read(sql: &'a str) -> Option<Self> {
        let words: Vec<Word<'a>> = words(sql).collect();
        let [verb, noun, rest @ ..] = words.as_slice() else { return None };
        let kind = match noun.text.to_ascii_lowercase().as_str() {
            "table" if verb.is("alter") => {
                return Relation::of(after_existence(rest)).map(Self::Table);
            }
            _ if !verb.is("drop") => return None,
            "trigger" | "policy" | "rule" => {
                let on = rest.iter().position(|word| word.is("on"))?;
                return Relation::of(&rest[on + 1..]).map(Self::Table);
            }
            "table" | "index" => None,
            "sequence" => Some(Kind::Sequence),
            "type" | "domain" => Some(Kind::Type),
            "function" | "procedure" | "routine" | "aggregate" => Some(Kind::Function),
            _ => return None,
        };
        let rest = after_existence(rest);
        let first = rest.first()?.offset;
        let last = rest.last().filter(|word| word.is("cascade") || word.is("restrict"));
        let end = last.map_or(sql.len(), |word| word.offset);
        let head = &sql[..first];
        let body = sql[first..end].trim_end();
        let tail = &sql[first + body.len()..];
        Some(Self::List(Dropped { kind, head, names: divide(body), tail }))
    }
}

fn after_existence<'w, 'a>(words: &'w [Word<'a>]) -> &'w [Word<'a>] {
    let skipped = |word: &&Word<'_>| word.is("if") || word.is("exists") || word.is("only");
    &words[words.iter().take_while(skipped).count()..]
}

/// Divides a list at its commas, apart from those between the arguments of a function.
fn divide(list: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let (mut begin, mut depth) = (0, 0_usize);
    for word in words(list) {
        match word.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                names.push(list[begin..word.offset].trim());
                begin = word.offset + 1;
            }
            _ => {}
        }
    }
    names.push(list[begin..].trim());
    names
}

#[cfg(test)]
mod tests {
    use super::{Kind, Relation, Subject};

    #[test]
    fn a_list_keeps_the_arguments_of_its_functions() {
        let sql = "DROP FUNCTION IF EXISTS a.f(int, numeric(10, 2)), g CASCADE";
        let Some(Subject::List(dropped)) = Subject::read(sql) else { panic!() };
        assert_eq!(dropped.kind, Some(Kind::Function));
        assert_eq!(dropped.names, ["a.f(int, numeric(10, 2))", "g"]);
        assert_eq!(dropped.of(&["g"]), "DROP FUNCTION IF EXISTS g CASCADE");
    }

    #[test]
    fn what_hangs_on_a_table_is_about_that_table() {
        let table = || {
            let schema = Some("Odd".to_owned());
            Some(Subject::Table(Relation { schema, name: "t".to_owned() }))
        };
        assert_eq!(Subject::read("ALTER TABLE IF EXISTS ONLY \"Odd\".T DROP a"), table());
        assert_eq!(Subject::read("DROP TRIGGER IF EXISTS x ON \"Odd\".t"), table());
        assert_eq!(Subject::read("DROP VIEW v"), None);
        assert_eq!(Subject::read("CREATE TABLE t (id int)"), None);
    }
}
