use super::comments::Commented;
use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::{Object, Objects, Table};

/// Compares the triggers and the row security policies of one table.
pub(super) fn compare_triggers(
    table: &str,
    expected: &Table,
    found: &Table,
    checks: &mut Vec<Check>,
) {
    compare_all(CheckKind::Trigger, table, &expected.triggers, &found.triggers, checks);
    compare_all(CheckKind::Policy, table, &expected.policies, &found.policies, checks);
}

fn compare_all(
    kind: CheckKind,
    table: &str,
    expected: &Objects,
    found: &Objects,
    checks: &mut Vec<Check>,
) {
    for (name, object) in expected {
        let there = found.get(name);
        let check = |result| Check::new(kind, table, name, result).expected(shown(object));
        checks.push(match there {
            None => {
                check(Outcome::Missing).mend(Mend::new(Phase::Trigger, create(table, name, object)))
            }
            Some(there) if shown(there) == shown(object) => check(Outcome::Ok).found(shown(there)),
            Some(there) if there.definition == object.definition => {
                let state = object.enabled.as_deref().unwrap_or("ENABLE");
                let sql = format!("ALTER TABLE {table} {state} TRIGGER {name};");
                check(Outcome::Different).found(shown(there)).mend(Mend::new(Phase::Trigger, sql))
            }
            Some(there) => {
                let keyword = &object.keyword;
                let drop = format!("DROP {keyword} {name} ON {table};");
                let mend = Mend::new(Phase::DropDependent, drop)
                    .then(Phase::Trigger, create(table, name, object));
                check(Outcome::Different).found(shown(there)).mend(mend)
            }
        });
        let target = format!("{} {name} ON {table}", object.keyword);
        Commented { relation: table, name, target }.compare(
            object.comment.as_ref(),
            there.and_then(|there| there.comment.as_ref()),
            checks,
        );
    }
    let extras = found.iter().filter(|(name, _)| !expected.contains_key(*name));
    checks
        .extend(extras.map(|(name, there)| {
            Check::new(kind, table, name, Outcome::Extra).found(shown(there))
        }));
}

fn shown(object: &Object) -> String {
    match &object.enabled {
        Some(state) => format!("{} ({state})", object.definition),
        None => object.definition.clone(),
    }
}

fn create(table: &str, name: &str, object: &Object) -> String {
    let created = object.create(&format!("{name} ON {table}"));
    match &object.enabled {
        Some(state) => format!("{created}\nALTER TABLE {table} {state} TRIGGER {name};"),
        None => created,
    }
}
