use super::catalogue::Catalogue;
use super::names::Names;
use crate::sql::{Word, words};

/// The settings of the session that decide what a statement does.
pub(super) struct Session {
    pub time_zone: String,
}

impl Session {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        Self { time_zone: catalogue.time_zone.clone() }
    }

    /// Follows `SET [LOCAL] TIME ZONE` and `SET [LOCAL] search_path`.
    pub(super) fn observe(&mut self, sql: &str, names: &mut Names<'_>) {
        let tokens: Vec<Word<'_>> = words(sql).collect();
        let [first, rest @ ..] = tokens.as_slice() else { return };
        if !first.is("set") {
            return;
        }
        let rest = match rest {
            [scope, rest @ ..] if scope.is("local") || scope.is("session") => rest,
            _ => rest,
        };
        match rest {
            [time, zone, value] if time.is("time") && zone.is("zone") => {
                self.time_zone = plain(value);
            }
            [name, _, value] if name.is("timezone") => self.time_zone = plain(value),
            [name, _, values @ ..] if name.is("search_path") => {
                let schemas = values.iter().filter(|word| word.text != ",").map(plain);
                names.set_search_path(schemas.filter(|it| !it.is_empty()).collect());
            }
            _ => {}
        }
    }
}

fn plain(word: &Word<'_>) -> String {
    word.text.trim_matches(['\'', '"']).to_owned()
}
