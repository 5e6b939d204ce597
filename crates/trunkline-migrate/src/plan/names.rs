use std::collections::HashMap;

use super::catalogue::{Catalogue, Relation};
use crate::lint::squawk::{Reading, RelationName, Verb};

/// What the names mean after the statements that came before.
pub(super) struct Names<'a> {
    pub catalogue: &'a Catalogue,
    search_path: Vec<String>,
    changed: HashMap<(String, String), Changed>,
}

#[derive(Clone, Copy)]
enum Changed {
    /// Made by a pending statement.
    New,
    /// Dropped by one.
    Gone,
    /// Renamed or moved here by one.
    Moved(i64),
}

/// What a name means.
pub(super) enum Found<'a> {
    Existing(&'a Relation),
    /// It is made by a pending statement.
    New,
    Missing,
}

impl<'a> Names<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, search_path: catalogue.search_path.clone(), changed: HashMap::new() }
    }

    pub(super) fn find(&self, name: &RelationName) -> Found<'a> {
        let schemas: &[String] = match &name.schema {
            Some(schema) => std::slice::from_ref(schema),
            None => &self.search_path,
        };
        for schema in schemas {
            match self.changed.get(&(schema.clone(), name.name.clone())) {
                Some(Changed::New) => return Found::New,
                Some(Changed::Moved(oid)) => {
                    return self.catalogue.get(*oid).map_or(Found::New, Found::Existing);
                }
                Some(Changed::Gone) => {}
                None => {
                    if let Some(relation) = self.catalogue.find(schema, &name.name) {
                        return Found::Existing(relation);
                    }
                }
            }
        }
        Found::Missing
    }

    pub(super) fn existing(&self, name: &RelationName) -> Option<&'a Relation> {
        match self.find(name) {
            Found::Existing(relation) => Some(relation),
            Found::New | Found::Missing => None,
        }
    }

    /// The name with the schema in which PostgreSQL would create it.
    pub(super) fn created(&self, name: &RelationName) -> RelationName {
        let schema = name.schema.clone().or_else(|| self.search_path.first().cloned());
        RelationName { schema, name: name.name.clone() }
    }

    /// Remembers what a statement that is not skipped creates and drops.
    pub(super) fn observe(&mut self, reading: &Reading) {
        if !is_relation(&reading.head.kind) {
            return;
        }
        match reading.head.verb {
            Verb::Create => {
                let index_schema = reading.head.on.as_ref().map(|table| self.schema_of(table));
                for name in &reading.head.names {
                    let mut name = name.clone();
                    // An index stands in the schema of its table.
                    if let Some(schema) = &index_schema {
                        name.schema.clone_from(schema);
                    }
                    self.set(&name, Changed::New);
                }
            }
            Verb::Drop => {
                for name in &reading.head.names {
                    self.set(name, Changed::Gone);
                }
            }
            Verb::Begin | Verb::End | Verb::Other => {}
        }
    }

    /// The schema of an existing or new table.
    pub(super) fn schema_of(&self, table: &RelationName) -> Option<String> {
        match self.find(table) {
            Found::Existing(relation) => Some(relation.schema.clone()),
            Found::New | Found::Missing => self.created(table).schema,
        }
    }

    pub(super) fn renamed(&mut self, from: &RelationName, to: &str, schema: Option<&str>) {
        let before = self.find(from);
        let source = self.schema_of(from);
        self.set(&RelationName { schema: source.clone(), name: from.name.clone() }, Changed::Gone);
        let name =
            RelationName { schema: schema.map(str::to_owned).or(source), name: to.to_owned() };
        match before {
            Found::Existing(relation) => self.set(&name, Changed::Moved(relation.oid)),
            Found::New | Found::Missing => self.set(&name, Changed::New),
        }
    }

    pub(super) fn set_search_path(&mut self, schemas: Vec<String>) {
        self.search_path = schemas;
    }

    fn set(&mut self, name: &RelationName, changed: Changed) {
        let name = self.created(name);
        if let Some(schema) = name.schema {
            self.changed.insert((schema, name.name), changed);
        }
    }
}

/// Whether the kind shares the name space of tables.
pub(super) fn is_relation(kind: &str) -> bool {
    matches!(kind, "table" | "index" | "view" | "materialized view" | "foreign table" | "sequence")
}
