use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::future::try_join;
use serde::Deserialize;
use tokio_postgres::Client;
use tokio_postgres::types::{Json, ToSql, Type};

/// What the database knows about the relations that a pending set names.
#[derive(Debug, Deserialize)]
pub(super) struct Catalogue {
    pub search_path: Vec<String>,
    pub time_zone: String,
    pub schemas: HashSet<String>,
    pub extensions: HashSet<String>,
    /// Domains with a constraint: a column of one makes PostgreSQL read or write every row.
    pub domains: HashSet<String>,
    /// Pairs of types whose values are the same bytes.
    pub coercible: HashSet<(String, String)>,
    /// Functions by name, and whether one of that name is volatile.
    pub functions: HashMap<String, bool>,
    pub relations: Vec<Relation>,
}

/// A relation that exists.
#[derive(Debug, Deserialize)]
pub(super) struct Relation {
    pub oid: i64,
    pub schema: String,
    pub name: String,
    /// `relkind`.
    pub kind: char,
    /// The table of an index; else itself.
    pub owner: i64,
    pages: i64,
    tuples: f64,
    block: i64,
    bytes: Option<i64>,
    total_bytes: Option<i64>,
    pub parents: Vec<i64>,
    /// What a view reads.
    pub reads: Vec<i64>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Column {
    pub name: String,
    /// As `format_type` prints it.
    pub data_type: String,
    length: i64,
    pub not_null: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Constraint {
    pub name: String,
    /// `contype`.
    pub kind: char,
    pub valid: bool,
    pub references: Option<i64>,
    pub columns: Vec<String>,
    pub referenced_columns: Vec<String>,
    pub proves_not_null: bool,
}

impl Catalogue {
    /// One round trip in the caller's transaction, with an unnamed statement, however many names.
    ///
    /// `follow_keys` adds the tables that refer to the named ones at any distance.
    pub(super) async fn read(
        client: &Client,
        relations: &BTreeSet<String>,
        functions: &BTreeSet<String>,
        follow_keys: bool,
    ) -> Result<Self, tokio_postgres::Error> {
        let relations: Vec<&String> = relations.iter().collect();
        let functions: Vec<&String> = functions.iter().collect();
        // The planner takes the recursion for big and would compile the query for seconds.
        let interpreted = client.batch_execute("SET LOCAL jit = off");
        let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
            (&relations, Type::TEXT_ARRAY),
            (&functions, Type::TEXT_ARRAY),
            (&follow_keys, Type::BOOL),
        ];
        let rows = client.query_typed(include_str!("catalogue.sql"), &parameters);
        // Both are sent before either is answered.
        let ((), rows) = try_join(interpreted, rows).await?;
        let Json(catalogue) = rows[0].try_get(0)?;
        Ok(catalogue)
    }

    pub(super) fn get(&self, oid: i64) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.oid == oid)
    }

    pub(super) fn find(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.schema == schema && relation.name == name)
    }

    /// The tables that inherit from `oid` or are its partitions, at any depth.
    pub(super) fn descendants(&self, oid: i64) -> Vec<&Relation> {
        let mut found: Vec<&Relation> = Vec::new();
        let mut parents = vec![oid];
        while let Some(parent) = parents.pop() {
            for relation in self.relations.iter().filter(|it| it.parents.contains(&parent)) {
                if !found.iter().any(|it| it.oid == relation.oid) {
                    found.push(relation);
                    parents.push(relation.oid);
                }
            }
        }
        found
    }

    /// The foreign keys of other tables that point at `oid`.
    pub(super) fn referencing(&self, oid: i64) -> impl Iterator<Item = (&Relation, &Constraint)> {
        self.relations.iter().flat_map(move |relation| {
            let keys = relation.constraints.iter().filter(move |it| it.references == Some(oid));
            keys.map(move |key| (relation, key))
        })
    }
}

impl Relation {
    /// Whether rows are stored in it or under it.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind, 'r' | 'p' | 'm' | 'f')
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    /// Bytes with indexes and TOAST; an old figure while somebody locks the table.
    pub(super) fn total_bytes(&self) -> i64 {
        self.total_bytes.unwrap_or(self.pages * self.block)
    }

    /// Rows as the planner estimates them (`estimate_rel_size`): the density at the last VACUUM or
    /// ANALYZE times the pages of now; without one, the density that the columns' widths give.
    ///
    /// Unlike the planner, which takes a table that was never vacuumed for ten pages at least, an
    /// empty file counts as no rows.
    pub(super) fn rows(&self) -> i64 {
        let pages = self.bytes.map_or(self.pages, |bytes| bytes / self.block.max(1));
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let density = if self.pages > 0 && self.tuples >= 0.0 {
            self.tuples / self.pages as f64
        } else {
            (self.block - PAGE_HEADER) as f64 / self.width().max(1) as f64
        };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "an estimate"
        )]
        let rows = (density * pages as f64).round() as i64;
        rows
    }

    fn width(&self) -> i64 {
        let widths = self.columns.iter().map(|column| match column.length {
            length if length > 0 => length,
            _ => VARIABLE_WIDTH,
        });
        ROW_HEADER + widths.sum::<i64>()
    }
}

const PAGE_HEADER: i64 = 24;
/// The header of a row, and its pointer in the page.
const ROW_HEADER: i64 = 28;
/// What the planner takes for a type of variable length that it knows nothing about.
const VARIABLE_WIDTH: i64 = 32;
