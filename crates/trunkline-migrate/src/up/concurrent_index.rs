//! CREATE INDEX CONCURRENTLY: an INVALID leftover is dropped first, and the result is looked at.
//!
//! A build that failed leaves an INVALID index under its name. `IF NOT EXISTS` would take it for done.

use tokio_postgres::types::Type;

use super::execute::{Stopped, Work};
use crate::error::Error;
use crate::event::Event;
use crate::source::Name;
use crate::sql::words;

/// The index that a CREATE INDEX CONCURRENTLY builds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConcurrentIndex {
    /// Its name; PostgreSQL chooses one where none is given.
    name: Option<String>,
    if_not_exists: bool,
    /// Its table as it is written.
    table: String,
}

impl ConcurrentIndex {
    /// Reads `CREATE [UNIQUE] INDEX CONCURRENTLY [[IF NOT EXISTS] name] ON [ONLY] table`.
    pub(super) fn read(sql: &str) -> Option<Self> {
        let mut words = words(sql).peekable();
        words.next_if(|word| word.is("create"))?;
        let _ = words.next_if(|word| word.is("unique"));
        words.next_if(|word| word.is("index"))?;
        words.next_if(|word| word.is("concurrently"))?;
        let mut if_not_exists = false;
        while words.next_if(|w| w.is("if") || w.is("not") || w.is("exists")).is_some() {
            if_not_exists = true;
        }
        let name = words.next_if(|word| !word.is("on")).map(|word| word.identifier());
        words.next_if(|word| word.is("on"))?;
        let _ = words.next_if(|word| word.is("only"));
        let mut table = words.next()?.text.to_owned();
        while words.next_if(|word| word.text == ".").is_some() {
            table.push('.');
            table.push_str(words.next()?.text);
        }
        Some(Self { name, if_not_exists, table })
    }

    /// Drops an INVALID leftover; false when there is nothing left to build.
    ///
    /// A valid index of that name ends it only where the statement says IF NOT EXISTS, or where a run
    /// was killed while it built it; otherwise it is another index, and PostgreSQL says so.
    pub(super) async fn prepare(
        &self,
        work: &Work<'_>,
        migration: &Name,
        was_killed: bool,
    ) -> Result<bool, Stopped> {
        let Some(name) = &self.name else {
            let unnamed = Error::Query {
                doing: "CREATE INDEX CONCURRENTLY",
                message: format!(
                    "{migration} builds an index without a name on {}; give it one, so that a failed build can be found and repaired",
                    self.table
                ),
                code: "42601".to_owned(),
            };
            return Err(unnamed.into());
        };
        let Some((valid, qualified)) = self.find(work).await? else { return Ok(true) };
        if valid {
            return Ok(!(self.if_not_exists || was_killed));
        }
        let message =
            format!("the index {name} is INVALID, left by a build that failed; dropping it");
        work.observer.event(&Event::Warning { message: &message });
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {qualified}");
        work.run_own_alone(migration, "dropping an INVALID index", &drop).await?;
        Ok(true)
    }

    /// Fails unless the index is there and valid.
    pub(super) async fn assert_valid(
        &self,
        work: &Work<'_>,
        migration: &Name,
    ) -> Result<(), Error> {
        match self.find(work).await? {
            Some((true, _)) => Ok(()),
            _ => Err(Error::Query {
                doing: "CREATE INDEX CONCURRENTLY",
                message: format!("{migration} left no valid index on {}", self.table),
                code: "XX002".to_owned(),
            }),
        }
    }

    /// Whether the index is valid, and its qualified name.
    async fn find(&self, work: &Work<'_>) -> Result<Option<(bool, String)>, Error> {
        let rows = work
            .session
            .query_kept(
                "SELECT i.indisvalid AND i.indisready, format('%I.%I', n.nspname, c.relname) \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE i.indrelid = to_regclass($1) AND c.relname = $2",
                &[(&self.table, Type::TEXT), (&self.name, Type::TEXT)],
            )
            .await
            .map_err(|error| Error::query("looking for an index", work.session.target(), &error))?;
        Ok(rows.first().map(|row| (row.get(0), row.get(1))))
    }
}

impl Work<'_> {
    /// Tells how far index builds of `backend` are.
    pub(super) async fn tell_index_progress(&self, backend: i32) {
        let Some(session) = self.lock.watcher().await else { return };
        let row = session
            .query_typed_opt(
                "SELECT phase, greatest(blocks_done, tuples_done), greatest(blocks_total, tuples_total) \
                 FROM pg_stat_progress_create_index WHERE pid = $1",
                &[(&backend, Type::INT4)],
            )
            .await;
        // Telling is a courtesy: without it the statement goes on all the same.
        if let Ok(Some(row)) = row {
            self.observer.event(&Event::IndexProgress {
                phase: row.get(0),
                done: row.get(1),
                total: row.get(2),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ConcurrentIndex;

    proptest::proptest! {
        #[test]
        fn any_words_are_read_without_a_panic(
            text in "(create |unique |index |concurrently |if |not |exists |on |only |[a-z\"'.,() ]|\\PC){0,30}",
        ) {
            let _ = ConcurrentIndex::read(&text);
            let _ = ConcurrentIndex::read(&format!("CREATE INDEX CONCURRENTLY {text}"));
        }
    }

    #[test]
    fn reads_name_and_table_of_a_concurrent_index() {
        let read = |sql| ConcurrentIndex::read(sql).map(|index| (index.name, index.table));
        let named = |name: &str, table: &str| Some((Some(name.to_owned()), table.to_owned()));
        assert_eq!(
            read("CREATE INDEX CONCURRENTLY IF NOT EXISTS \"My Idx\" ON ONLY public . t (a)"),
            named("My Idx", "public.t")
        );
        assert_eq!(
            read("create unique index /* x */ concurrently Idx on t using btree (a)"),
            named("idx", "t")
        );
        assert_eq!(read("CREATE INDEX CONCURRENTLY ON t (a)"), Some((None, "t".to_owned())));
        assert_eq!(read("CREATE INDEX a ON t (a)"), None);
    }
}
