//! Two catalogues side by side: a check for everything that either of them has.

mod columns;
mod comments;
mod constraints;
mod indexes;
mod objects;
mod tables;
mod triggers;

use super::check::{CheckKind, Phase};
use super::{Catalog, Check};
use objects::compare_objects;

/// Compares what the migrations make with what stands in the database.
///
/// Objects that are not in `expected` are extras only inside its tables; other tables are not looked
/// at. Things come in the order of their kinds, tables by name, the checks of a table by theirs.
pub fn compare(expected: &Catalog, found: &Catalog) -> Vec<Check> {
    let mut checks = Vec::new();
    for (kind, expected, found, phase) in [
        (CheckKind::Extension, &expected.extensions, &found.extensions, Phase::Extension),
        (CheckKind::Schema, &expected.schemas, &found.schemas, Phase::Schema),
        (CheckKind::Type, &expected.types, &found.types, Phase::Type),
        (CheckKind::Sequence, &expected.sequences, &found.sequences, Phase::Sequence),
    ] {
        compare_objects(kind, expected, found, |_| phase, &mut checks);
    }
    let definitions: Vec<String> =
        expected.tables.iter().map(|(name, table)| table.create(name)).collect();
    let of_function = |name: &str| {
        // A default or a CHECK may call it; everything else comes after the tables.
        let called = &name[..name.find('(').map_or(name.len(), |bracket| bracket + 1)];
        let early = definitions.iter().any(|definition| definition.contains(called));
        if early { Phase::EarlyFunction } else { Phase::Function }
    };
    let (functions, there) = (&expected.functions, &found.functions);
    compare_objects(CheckKind::Function, functions, there, of_function, &mut checks);
    for (name, table) in &expected.tables {
        tables::compare_table(name, table, found, &mut checks);
    }
    compare_objects(CheckKind::View, &expected.views, &found.views, |_| Phase::View, &mut checks);
    checks
}
