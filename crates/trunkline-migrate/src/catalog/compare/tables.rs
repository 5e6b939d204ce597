use super::columns::compare_columns;
use super::comments::Commented;
use super::constraints::compare_constraints;
use super::indexes::{Place, compare_indexes};
use super::triggers::compare_triggers;
use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::{Catalog, Table};

/// Compares one table and everything on it.
pub(super) fn compare_table(
    name: &str,
    expected: &Table,
    found: &Catalog,
    checks: &mut Vec<Check>,
) {
    let check = |result| Check::new(CheckKind::Table, name, "", result).expected(expected.traits());
    if let Some(view) = found.views.get(name) {
        checks.push(check(Outcome::Different).found(view.keyword.as_str()));
        return;
    }
    let Some(table) = found.tables.get(name) else {
        let check = check(Outcome::Missing);
        if expected.added_to {
            checks.push(check.note("the migrations add to this table, but do not make it"));
            return;
        }
        let phase = if expected.parents.is_empty() { Phase::Table } else { Phase::Partition };
        checks.push(check.mend(Mend::new(phase, expected.create(name))));
        // What CREATE TABLE cannot hold is missing one by one.
        let mut rest = Vec::new();
        compare_parts(name, expected, &expected.as_created(), &mut rest);
        checks.extend(rest.into_iter().filter(|check| check.result != Outcome::Ok));
        return;
    };
    if !expected.added_to {
        checks.push(compare_traits(name, expected, table));
    }
    compare_parts(name, expected, table, checks);
}

fn compare_parts(name: &str, expected: &Table, found: &Table, checks: &mut Vec<Check>) {
    let first = checks.len();
    compare_columns(name, expected, found, checks);
    compare_constraints(name, expected, found, checks);
    let plain = expected.partition_key.is_some();
    let place = Place { table: name, plain, phase: Phase::Index };
    compare_indexes(&place, &expected.indexes, &found.indexes, checks);
    compare_triggers(name, expected, found, checks);
    if expected.added_to {
        let mut place = 0;
        checks.retain(|check| {
            place += 1;
            place <= first || check.result != Outcome::Extra
        });
    } else {
        Commented { relation: name, name: "", target: format!("TABLE {name}") }.compare(
            expected.comment.as_ref(),
            found.comment.as_ref(),
            checks,
        );
    }
    checks[first..].sort_by_key(|check| check.kind);
}

fn compare_traits(name: &str, expected: &Table, found: &Table) -> Check {
    let check = |result| {
        Check::new(CheckKind::Table, name, "", result)
            .expected(expected.traits())
            .found(found.traits())
    };
    // A storage parameter that the platform set is its tuning, and is kept.
    let tuned = Table { options: expected.options.clone(), ..found.clone() };
    if tuned.traits() == expected.traits() && holds_all(&found.options, &expected.options) {
        return check(Outcome::Ok);
    }
    let mut changes: Vec<String> = Vec::new();
    if expected.unlogged != found.unlogged {
        changes.push(format!("SET {}", if expected.unlogged { "UNLOGGED" } else { "LOGGED" }));
    }
    let lacking: Vec<&str> = expected
        .options
        .iter()
        .filter(|option| !found.options.contains(option))
        .map(String::as_str)
        .collect();
    if !lacking.is_empty() {
        changes.push(format!("SET ({})", lacking.join(", ")));
    }
    if expected.row_security != found.row_security {
        let verb = if expected.row_security { "ENABLE" } else { "DISABLE" };
        changes.push(format!("{verb} ROW LEVEL SECURITY"));
    }
    if expected.force_row_security != found.force_row_security {
        let verb = if expected.force_row_security { "FORCE" } else { "NO FORCE" };
        changes.push(format!("{verb} ROW LEVEL SECURITY"));
    }
    let statements: Vec<String> =
        changes.iter().map(|change| format!("ALTER TABLE {name} {change};")).collect();
    if statements.is_empty() {
        return check(Outcome::Different).note("partitioning cannot be altered in place");
    }
    check(Outcome::Different).mend(Mend::new(Phase::AlterTable, statements.join("\n")))
}

fn holds_all(all: &[String], some: &[String]) -> bool {
    some.iter().all(|one| all.contains(one))
}
