use std::collections::{BTreeMap, BTreeSet};

use super::comments::Commented;
use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::ddl::schema_of;
use crate::catalog::{Constraint, ConstraintKind, Table};

impl From<ConstraintKind> for CheckKind {
    fn from(kind: ConstraintKind) -> Self {
        match kind {
            ConstraintKind::PrimaryKey => Self::PrimaryKey,
            ConstraintKind::Unique => Self::Unique,
            ConstraintKind::Check => Self::Check,
            ConstraintKind::Exclusion => Self::Exclusion,
            ConstraintKind::ForeignKey => Self::ForeignKey,
        }
    }
}

/// Compares the constraints of one table, by name and then by definition.
pub(super) fn compare_constraints(
    table: &str,
    expected: &Table,
    found: &Table,
    checks: &mut Vec<Check>,
) {
    let pairs = pair(&expected.constraints, &found.constraints, |one, other| {
        one.definition == other.definition
    });
    for (name, constraint) in &expected.constraints {
        let there = pairs.get(name).map(|there| (*there, &found.constraints[*there]));
        checks.push(match there {
            None => missing(table, expected, found, name),
            Some((there, _)) => different(table, expected, found, (name, there)),
        });
        let target = format!("CONSTRAINT {name} ON {table}");
        Commented { relation: table, name, target }.compare(
            constraint.comment.as_ref(),
            there.and_then(|(_, there)| there.comment.as_ref()),
            checks,
        );
    }
    let matched: BTreeSet<&String> = pairs.values().copied().collect();
    for (name, constraint) in found.constraints.iter().filter(|(name, _)| !matched.contains(name)) {
        checks.push(
            Check::new(constraint.kind.into(), table, name, Outcome::Extra)
                .found(constraint.signature())
                .note("it may refuse rows that the migrations allow"),
        );
    }
}

/// For each expected name the found one: the same, or one that nothing else claims and that is `same`.
pub(super) fn pair<'a, T>(
    expected: &'a BTreeMap<String, T>,
    found: &'a BTreeMap<String, T>,
    same: impl Fn(&T, &T) -> bool,
) -> BTreeMap<&'a String, &'a String> {
    let mut pairs: BTreeMap<&String, &String> = BTreeMap::new();
    let mut free: Vec<&String> =
        found.keys().filter(|name| !expected.contains_key(*name)).collect();
    for (name, shape) in expected {
        if let Some((there, _)) = found.get_key_value(name) {
            pairs.insert(name, there);
        } else if let Some(place) = free.iter().position(|there| same(shape, &found[*there])) {
            pairs.insert(name, free.remove(place));
        }
    }
    pairs
}

fn missing(table: &str, expected: &Table, found: &Table, name: &String) -> Check {
    let constraint = &expected.constraints[name];
    let check = Check::new(constraint.kind.into(), table, name, Outcome::Missing)
        .expected(constraint.signature());
    let unused = |index: &str| {
        let shape = &found.indexes[index];
        let free = index == name || !expected.indexes.contains_key(index);
        shape.constraint.is_none() && !shape.invalid && free
    };
    let standing = expected.indexes.get(name).and_then(|backing| {
        let same = |other: &&String| found.indexes[*other].signature() == backing.signature();
        found.indexes.keys().filter(|other| unused(other)).find(same)
    });
    match (standing, using_index(constraint)) {
        (Some(index), Some(key)) => check
            .note(format!("the unique index {index} is there, but not as a constraint"))
            .mend(Mend::new(
                Phase::Key,
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} {key} USING INDEX {index};"),
            )),
        _ => check.mend(match make_way(table, found, name) {
            Some(way) => way.and(add(table, expected, name)),
            None => add(table, expected, name),
        }),
    }
}

/// What takes the name from an index that has it and is not the constraint's.
fn make_way(table: &str, found: &Table, name: &str) -> Option<Mend> {
    let index = found.indexes.get(name).filter(|index| index.constraint.is_none())?;
    let qualified = format!("{}.{name}", schema_of(table));
    if index.invalid {
        let drop = format!("DROP INDEX CONCURRENTLY {qualified};");
        return Some(Mend::new(Phase::DropDependent, drop));
    }
    let other = match name.strip_prefix('"') {
        Some(rest) => format!("\"old_{rest}"),
        None => format!("old_{name}"),
    };
    Some(Mend::new(Phase::Rename, format!("ALTER INDEX {qualified} RENAME TO {other};")))
}

/// How a key takes over an index, for those that can.
fn using_index(constraint: &Constraint) -> Option<&'static str> {
    let plain = !constraint.definition.contains("DEFERRABLE")
        && !constraint.definition.contains("WITHOUT OVERLAPS");
    match constraint.kind {
        ConstraintKind::PrimaryKey if plain => Some("PRIMARY KEY"),
        ConstraintKind::Unique if plain => Some("UNIQUE"),
        _ => None,
    }
}

/// The statements that add a constraint, in the way that blocks least.
fn add(table: &str, expected: &Table, name: &String) -> Mend {
    let constraint = &expected.constraints[name];
    let definition = &constraint.definition;
    let whole = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition};");
    let partitioned = expected.partition_key.is_some();
    let phase = match constraint.kind {
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => Phase::Key,
        ConstraintKind::Check | ConstraintKind::Exclusion => Phase::Constraint,
        ConstraintKind::ForeignKey => Phase::ForeignKey,
    };
    let backing = expected.indexes.get(name).filter(|_| !partitioned);
    if let (Some(key), Some(index)) = (using_index(constraint), backing) {
        let take_over =
            format!("ALTER TABLE {table} ADD CONSTRAINT {name} {key} USING INDEX {name};");
        return Mend::new(phase, index.create(name, table, true)).then(phase, take_over);
    }
    let in_two_steps = match constraint.kind {
        ConstraintKind::Check => true,
        ConstraintKind::ForeignKey => !partitioned,
        _ => false,
    } && !definition.contains("NOT ENFORCED");
    if !in_two_steps {
        return Mend::new(phase, whole);
    }
    let add = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID;");
    let mend = Mend::new(phase, add);
    if constraint.not_valid { mend } else { mend.then(phase, validate(table, name)) }
}

fn validate(table: &str, name: &str) -> String {
    format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};")
}

fn different(
    table: &str,
    expected: &Table,
    found: &Table,
    (name, there): (&String, &String),
) -> Check {
    let (wanted, standing) = (&expected.constraints[name], &found.constraints[there]);
    let check = |result| {
        Check::new(wanted.kind.into(), table, name, result)
            .expected(wanted.signature())
            .found(standing.signature())
    };
    if wanted.definition != standing.definition {
        let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {name};");
        let phase = if standing.kind == ConstraintKind::ForeignKey {
            Phase::DropForeignKey
        } else {
            Phase::DropDependent
        };
        let mend = Mend::new(phase, drop).and(add(table, expected, name));
        return check(Outcome::Different).mend(mend);
    }
    let mut steps: Option<Mend> = None;
    let mut step = |phase, sql| {
        steps = Some(match steps.take() {
            Some(mend) => mend.then(phase, sql),
            None => Mend::new(phase, sql),
        });
    };
    let mut notes = Vec::new();
    if name != there {
        step(Phase::Rename, format!("ALTER TABLE {table} RENAME CONSTRAINT {there} TO {name};"));
        notes.push(format!("stands under the name {there}"));
    }
    let unchecked = standing.not_valid && !wanted.not_valid;
    if unchecked {
        step(Phase::ForeignKey, validate(table, name));
        notes.push("NOT VALID: older rows were never checked".to_owned());
    }
    for disabled in &standing.disabled {
        let (table, trigger) = (&disabled.table, &disabled.trigger);
        step(Phase::ForeignKey, format!("ALTER TABLE {table} ENABLE TRIGGER {trigger};"));
        let note =
            format!("its triggers on {table} are disabled, and only a superuser enables them");
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let wrong = unchecked || !standing.disabled.is_empty();
    let mut check = check(if wrong { Outcome::Different } else { Outcome::Ok });
    check.mend = steps;
    notes.into_iter().fold(check, Check::note)
}
