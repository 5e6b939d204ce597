use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::Provider;

use super::Document;
use super::key::{KeyValue, ListKey, Span};
use crate::{Executor, StoreError};

/// A query for a page of a list that is put together: its text, and the parameters in the order of their numbers.
///
/// What comes from outside is a parameter, so that there are few texts to prepare.
pub(crate) struct Statement {
    /// Each row of this table has a `document`, a `provider` and an `id`.
    table: &'static str,
    /// The columns that are read, the document first.
    columns: &'static str,
    /// What the list is sorted by: a column, or an expression that an index has.
    key: &'static str,
    descending: bool,
    /// Conditions that leave few rows, which are then read whole and sorted.
    narrow: Vec<String>,
    /// Whether they may leave many all the same, of which then some are taken.
    is_cut: bool,
    conditions: Vec<String>,
    parameters: Vec<Box<dyn ToSql + Send + Sync>>,
}

/// So many rows that are looked for by words are read and sorted.
const MOST_FOUND: u32 = 1000;

/// The LIMIT for so many rows, one of two: a number that is written out lets PostgreSQL see that few rows are wanted.
pub(crate) const fn written_limit(rows: i64) -> i64 {
    if rows <= 51 { 51 } else { 201 }
}

impl Statement {
    pub(crate) fn new(table: &'static str, key: &'static str, descending: bool) -> Self {
        let (narrow, conditions, parameters) = (Vec::new(), Vec::new(), Vec::new());
        let (columns, is_cut) = ("document", false);
        Self { table, columns, key, descending, narrow, is_cut, conditions, parameters }
    }

    /// Reads these columns, of which the document is the first.
    pub(crate) fn reading(self, columns: &'static str) -> Self {
        Self { columns, ..self }
    }

    /// A parameter of this type, as it is written in the query.
    ///
    /// PostgreSQL does not look behind the SELECT for the value, so that a plan for these values is no better than one
    /// for any: it soon stops to plan anew each time, which would take longer than the page itself.
    pub(crate) fn bind(&mut self, kind: &str, value: impl ToSql + Send + Sync + 'static) -> String {
        self.bind_boxed(kind, Box::new(value))
    }

    fn bind_boxed(&mut self, kind: &str, value: Box<dyn ToSql + Send + Sync>) -> String {
        self.parameters.push(value);
        format!("(SELECT ${}::{kind})", self.parameters.len())
    }

    fn bind_key(&mut self, value: KeyValue) -> String {
        self.bind_boxed(value.cast(), value.into_parameter())
    }

    /// Only rows that meet this.
    pub(crate) fn when(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// Only rows that meet this, which are few whatever the order is.
    pub(crate) fn when_few(&mut self, condition: String) {
        self.narrow.push(condition);
    }

    /// Only rows that meet this; where they are more than [`MOST_FOUND`], some of them.
    pub(crate) fn when_some(&mut self, condition: String) {
        self.is_cut = true;
        self.narrow.push(condition);
    }

    /// Only this provider's. Its name is written out: PostgreSQL then knows how many rows it has, and does not look for
    /// a rare one's in the order of all.
    pub(crate) fn when_provider(&mut self, provider: Provider) {
        self.when(format!("provider = '{provider}'"));
    }

    /// Only rows of the span, behind the key of the last row that is known.
    pub(crate) fn when_within(&mut self, span: Span, after: Option<&ListKey>) {
        let (key, descending) = (self.key, self.descending);
        let after = after.filter(|after| span.begins_before(after, descending));
        let is_behind = after.map(|after| {
            let value = self.bind_key(after.value.clone());
            let provider = self.bind("TEXT", after.provider.as_str());
            let id = self.bind("INTEGER", after.id);
            let than = if descending { "<" } else { ">" };
            format!("({key}, provider, id) {than} ({value}, {provider}, {id})")
        });
        // Two conditions on one end: PostgreSQL might begin at the wrong one.
        let (first, end) = match (&is_behind, descending) {
            (None, _) => (span.first, span.end),
            (Some(_), false) => (None, span.end),
            (Some(_), true) => (span.first, None),
        };
        self.conditions.extend(is_behind);
        if let Some(first) = first {
            let first = self.bind_key(first);
            self.when(format!("{key} >= {first}"));
        }
        if let Some(end) = end {
            let end = self.bind_key(end);
            self.when(format!("{key} < {end}"));
        }
    }

    /// The query for so many rows.
    pub(crate) fn text(&self, rows: i64) -> String {
        let Self { table, columns, key, .. } = self;
        let listed = if self.narrow.is_empty() {
            (*table).to_owned()
        } else {
            // Behind OFFSET 0 neither the order nor another condition can choose how the few are found.
            let narrow = self.narrow.join(" AND ");
            let most = if self.is_cut { format!("LIMIT {MOST_FOUND} ") } else { String::new() };
            format!("(SELECT * FROM {table} WHERE {narrow} {most}OFFSET 0)")
        };
        let conditions = match self.conditions.as_slice() {
            [] => String::new(),
            some => format!("WHERE {}", some.join(" AND ")),
        };
        let direction = if self.descending { " DESC" } else { "" };
        format!(
            "SELECT {columns}
            FROM {listed} AS listed
            {conditions}
            ORDER BY {key}{direction}, provider{direction}, id{direction}
            LIMIT {limit}",
            limit = written_limit(rows),
        )
    }

    /// Runs it.
    pub(crate) async fn documents<T>(
        &self,
        executor: Executor<'_>,
        doing: &'static str,
        rows: i64,
        read: impl Fn(&Row) -> Document<T>,
    ) -> Result<Vec<Document<T>>, StoreError> {
        let rows = executor.rows(doing, &self.text(rows), &self.parameters()).await?;
        Ok(rows.iter().map(read).collect())
    }

    pub(crate) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect()
    }
}
