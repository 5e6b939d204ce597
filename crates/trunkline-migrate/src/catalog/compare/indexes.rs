use std::collections::{BTreeMap, BTreeSet};

use super::comments::Commented;
use super::constraints::pair;
use crate::catalog::Index;
use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::ddl::schema_of;

type Indexes = BTreeMap<String, Index>;

/// Compares the indexes of one table, by name and then by definition.
///
/// Those behind constraints are compared with their constraints; here only their validity counts.
pub(super) fn compare_indexes(
    at: &Place<'_>,
    expected: &Indexes,
    found: &Indexes,
    checks: &mut Vec<Check>,
) {
    let table = at.table;
    let own: Indexes = expected
        .iter()
        .filter(|(_, index)| index.constraint.is_none())
        .map(|(name, index)| (name.clone(), index.clone()))
        .collect();
    let pairs = pair(&own, found, |one, other| one.signature() == other.signature());
    for (name, index) in &own {
        let there = pairs.get(name).map(|there| (there.as_str(), &found[*there]));
        checks.push(at.compare(name, index, there));
        let target = format!("INDEX {}", at.qualified(name));
        Commented { relation: table, name, target }.compare(
            index.comment.as_ref(),
            there.and_then(|(_, there)| there.comment.as_ref()),
            checks,
        );
    }
    let claimed: BTreeSet<&String> = pairs.values().copied().collect();
    for (name, index) in found.iter().filter(|(name, _)| !claimed.contains(name)) {
        if index.constraint.is_none() {
            let twin = duplicate_of(name, index, found, |other| match expected.get(other) {
                // One that is to be made anew in another shape serves nobody.
                Some(shape) if shape.signature() != found[other].signature() => None,
                shape => Some(claimed.contains(other) || shape.is_some()),
            });
            let mut check = at.extra(name, index, twin);
            if expected.get(name).is_some_and(|shape| shape.constraint.is_some()) {
                // What becomes of it is said where that constraint is missing.
                check.mend = None;
                check = check.note("has the name of a constraint");
            }
            checks.push(check);
        } else if index.invalid {
            let check = Check::new(CheckKind::Index, table, name, Outcome::Different);
            checks.push(at.rebuilt(name, check.expected(index.signature()).found(shown(index))));
        }
    }
}

/// An index that makes `index` useless: the same definition, kept, and as strict.
fn duplicate_of<'a>(
    name: &String,
    index: &Index,
    found: &'a Indexes,
    is_claimed: impl Fn(&String) -> Option<bool>,
) -> Option<&'a String> {
    let candidates = found.iter().filter(|(other, shape)| {
        *other != name
            && !shape.invalid
            && shape.definition == index.definition
            && (shape.unique || !index.unique)
    });
    let mut twins = candidates.filter(|(other, shape)| {
        // Of two extras that are alike, the later one goes.
        let stays = shape.constraint.is_some() || shape.unique && !index.unique || *other < name;
        is_claimed(other).is_some_and(|claimed| claimed || stays)
    });
    twins.next().map(|(other, _)| other)
}

fn shown(index: &Index) -> String {
    format!("{}{}", index.signature(), if index.invalid { " (invalid)" } else { "" })
}

/// The relation whose indexes are compared.
pub(super) struct Place<'a> {
    /// Its name.
    pub table: &'a str,
    /// Its indexes cannot be built CONCURRENTLY.
    pub plain: bool,
    /// When its indexes can be built.
    pub phase: Phase,
}

impl Place<'_> {
    fn qualified(&self, name: &str) -> String {
        format!("{}.{name}", schema_of(self.table))
    }

    fn concurrently(&self) -> &'static str {
        if self.plain { "" } else { "CONCURRENTLY " }
    }

    fn compare(&self, name: &str, expected: &Index, found: Option<(&str, &Index)>) -> Check {
        let check = |result| {
            Check::new(CheckKind::Index, self.table, name, result).expected(expected.signature())
        };
        let create = expected.create(name, self.table, !self.plain);
        let Some((there, index)) = found else {
            return check(Outcome::Missing).mend(Mend::new(self.phase, create));
        };
        let check = |result| check(result).found(shown(index));
        if expected.signature() != index.signature() {
            let drop = self.drop(name, index);
            let mend = Mend::new(Phase::DropDependent, drop).then(self.phase, create);
            return check(Outcome::Different).mend(mend);
        }
        let check = check(Outcome::Ok);
        let mut check = match &index.constraint {
            Some(constraint) => check.note(format!("stands as the constraint {constraint}")),
            None if there != name => {
                let rename = format!("ALTER INDEX {} RENAME TO {name};", self.qualified(there));
                let note = format!("stands under the name {there}");
                check.note(note).mend(Mend::new(Phase::Rename, rename))
            }
            None => check,
        };
        if index.invalid {
            check.result = Outcome::Different;
            return self.rebuilt(name, check);
        }
        check
    }

    fn drop(&self, name: &str, index: &Index) -> String {
        match &index.constraint {
            Some(constraint) => {
                format!("ALTER TABLE {} DROP CONSTRAINT {constraint};", self.table)
            }
            None => format!("DROP INDEX {}{};", self.concurrently(), self.qualified(name)),
        }
    }

    fn rebuilt(&self, name: &str, check: Check) -> Check {
        let sql = format!("REINDEX INDEX {}{};", self.concurrently(), self.qualified(name));
        let rebuild = Mend::new(self.phase, sql);
        let mend = match check.mend.clone() {
            Some(earlier) => earlier.and(rebuild),
            None => rebuild,
        };
        check.note("invalid: left by a build that failed, or being built now").mend(mend)
    }

    fn extra(&self, name: &str, index: &Index, twin: Option<&String>) -> Check {
        let check =
            Check::new(CheckKind::Index, self.table, name, Outcome::Extra).found(shown(index));
        let drop = || Mend::new(Phase::Redundant, self.drop(name, index));
        if index.invalid {
            return check
                .note("redundant: invalid, so no query uses it; left by a build that failed, or being built now")
                .mend(drop());
        }
        match twin {
            Some(twin) if index.in_use => check.note(format!(
                "redundant beside {twin}, but the table is replicated or clustered by it"
            )),
            Some(twin) => check.note(format!("redundant: {twin} serves the same")).mend(drop()),
            None => check,
        }
    }
}
