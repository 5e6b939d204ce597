use super::RelationName;
use super::names;
use crate::sql::{Word, words};

const SUMMARY_LENGTH: usize = 96;

/// Words that stand between CREATE or DROP and what is created.
const MODIFIERS: &[&str] = &[
    "global",
    "local",
    "temp",
    "temporary",
    "unlogged",
    "unique",
    "constraint",
    "trusted",
    "procedural",
    "recursive",
    "default",
];

/// First words of the kinds that have two.
const DOUBLE_KINDS: &[&str] =
    &["materialized", "foreign", "event", "text", "access", "operator", "user", "property"];

/// Whether a statement creates, drops or does something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Drop,
    Begin,
    End,
    Other,
}

/// What makes a statement do no harm when it is run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    None,
    /// IF EXISTS or IF NOT EXISTS.
    Exists,
    /// OR REPLACE.
    Replace,
}

/// The beginning of a statement: `CREATE TABLE IF NOT EXISTS public.companies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub verb: Verb,
    /// `table`, `materialized view`, …, in lower case.
    pub kind: String,
    pub guard: Guard,
    pub temporary: bool,
    pub concurrently: bool,
    /// CASCADE stands at the end.
    pub cascade: bool,
    /// The first name.
    pub name: Option<RelationName>,
    /// Every name of a DROP, the first included.
    pub names: Vec<RelationName>,
    /// The table behind ON, of a trigger, policy or rule.
    pub on: Option<RelationName>,
}

impl Head {
    pub(crate) fn of(sql: &str) -> Self {
        let tokens: Vec<Word<'_>> = words(sql).collect();
        let mut rest = Rest { tokens: &tokens, at: 0 };
        let mut head = Self {
            verb: verb(&mut rest),
            kind: String::new(),
            guard: Guard::None,
            temporary: false,
            concurrently: false,
            cascade: false,
            name: None,
            names: Vec::new(),
            on: None,
        };
        if matches!(head.verb, Verb::Create | Verb::Drop) {
            head.read_object(&mut rest, &tokens);
        }
        head
    }

    fn read_object(&mut self, rest: &mut Rest<'_>, tokens: &[Word<'_>]) {
        if rest.take("or") {
            rest.take("replace");
            self.guard = Guard::Replace;
        }
        while let Some(word) = MODIFIERS.iter().find(|word| rest.take(word)) {
            self.temporary |= word.starts_with("temp");
        }
        self.kind = rest.kind();
        self.concurrently = rest.take("concurrently");
        if rest.take("if") {
            rest.take("not");
            rest.take("exists");
            self.guard = Guard::Exists;
        }
        if self.kind == "index" && rest.peek("on") {
            return;
        }
        while let Some(name) = rest.name() {
            self.names.push(name);
            if self.verb == Verb::Create || !rest.take_symbol(",") {
                break;
            }
        }
        self.name = self.names.first().cloned();
        self.cascade = tokens.last().is_some_and(|word| word.is("cascade"));
        if matches!(self.kind.as_str(), "trigger" | "policy" | "rule" | "index") {
            while rest.at < rest.tokens.len() && !rest.take("on") && !rest.take("to") {
                rest.at += 1;
            }
            rest.take("only");
            self.on = rest.name();
        }
    }

    /// Whether it creates one of `kinds`.
    pub(crate) fn creates(&self, kinds: &[&str]) -> bool {
        self.verb == Verb::Create && kinds.contains(&self.kind.as_str())
    }

    /// Whether it drops one of `kinds`.
    pub(crate) fn drops(&self, kinds: &[&str]) -> bool {
        self.verb == Verb::Drop && kinds.contains(&self.kind.as_str())
    }

    /// The table that the statement creates.
    pub(crate) fn new_table(&self) -> Option<&RelationName> {
        self.name.as_ref().filter(|_| self.creates(&["table", "foreign table"]))
    }

    /// Whether `drop` removes what this statement creates.
    pub(crate) fn is_undone_by(&self, drop: &Self) -> bool {
        drop.verb == Verb::Drop
            && drop.kind == self.kind
            && self.name.as_ref().is_some_and(|name| drop.names.iter().any(|it| it.may_be(name)))
            && match (&self.on, &drop.on) {
                (Some(table), Some(of_drop)) => table.may_be(of_drop),
                _ => true,
            }
    }

    /// The statement in one line of at most 96 characters, without comments.
    pub(super) fn summary(&self, sql: &str) -> String {
        if words(sql).next().is_some_and(|word| word.is("do")) {
            return "DO block".to_owned();
        }
        let body_is_long = self.creates(&["table", "function", "procedure", "type"]);
        let mut line = String::new();
        let mut end = 0;
        for word in words(sql) {
            if body_is_long && word.text == "(" {
                break;
            }
            if word.offset > end && !line.is_empty() {
                line.push(' ');
            }
            end = word.offset + word.text.len();
            line.extend(word.text.chars().map(|c| if c.is_control() { ' ' } else { c }));
            if line.chars().count() > SUMMARY_LENGTH {
                return line.chars().take(SUMMARY_LENGTH - 1).chain(['…']).collect();
            }
        }
        line
    }
}

fn verb(rest: &mut Rest<'_>) -> Verb {
    if rest.take("create") {
        Verb::Create
    } else if rest.take("drop") {
        Verb::Drop
    } else if rest.take("begin") || (rest.take("start") && rest.take("transaction")) {
        Verb::Begin
    } else if rest.ends_transaction() {
        Verb::End
    } else {
        Verb::Other
    }
}

/// The words of a statement that are not read yet.
struct Rest<'a> {
    tokens: &'a [Word<'a>],
    at: usize,
}

impl Rest<'_> {
    fn peek(&self, keyword: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|word| word.is(keyword))
    }

    fn take(&mut self, keyword: &str) -> bool {
        let found = self.peek(keyword);
        self.at += usize::from(found);
        found
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|word| word.text == symbol);
        self.at += usize::from(found);
        found
    }

    /// COMMIT, END, ABORT, ROLLBACK, but not ROLLBACK TO a savepoint.
    fn ends_transaction(&mut self) -> bool {
        if self.take("commit") || self.take("end") || self.take("abort") {
            return true;
        }
        let prepares = self.peek("prepare")
            && self.tokens.get(self.at + 1).is_some_and(|word| word.is("transaction"));
        let rolls_back = self.peek("rollback") && !self.tokens.iter().any(|word| word.is("to"));
        prepares || rolls_back
    }

    fn kind(&mut self) -> String {
        let mut kind = String::new();
        if DOUBLE_KINDS.iter().any(|word| self.peek(word)) {
            let second = self.tokens.get(self.at + 1);
            // CREATE USER is a kind of its own unless MAPPING follows.
            if !self.peek("user") || second.is_some_and(|word| word.is("mapping")) {
                kind = self.next_lower() + " ";
            }
        }
        kind + &self.next_lower()
    }

    fn next_lower(&mut self) -> String {
        let word = self.tokens.get(self.at).map(|word| word.text.to_ascii_lowercase());
        self.at += 1;
        word.unwrap_or_default()
    }

    /// `name` or `schema.name`.
    fn name(&mut self) -> Option<RelationName> {
        let first = names::fold(self.tokens.get(self.at)?)?;
        self.at += 1;
        if !self.take_symbol(".") {
            return Some(RelationName { schema: None, name: first });
        }
        let name = names::fold(self.tokens.get(self.at)?)?;
        self.at += 1;
        Some(RelationName { schema: Some(first), name })
    }
}
