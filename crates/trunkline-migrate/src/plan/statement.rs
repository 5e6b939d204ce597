use std::collections::BTreeMap;

use super::catalogue::Relation;
use super::cost::{Cost, cost};
use super::names::{Found, Names, is_relation};
use super::session::Session;
use super::{Blocks, LockMode, LockTaken, PlannedStatement, Scan, locks, reversal};
use crate::lint::squawk::{Change, Guard, Operation, Reading, RelationName, Touch, Verb};
use crate::sql::Position;

/// "The query planner attempts to take an ACCESS SHARE lock on every index of the table, regardless of
/// the query, and so REINDEX blocks virtually any queries" (the manual's page on REINDEX).
const READS_WAIT: &str = "the indexes are locked against readers too: nearly every query waits";

/// What one statement would do after those that were observed.
pub(super) fn plan(
    names: &Names<'_>,
    session: &Session,
    reading: &Reading,
    down: Option<&[Reading]>,
) -> PlannedStatement {
    let skipped = skipped(names, reading);
    let mut effects =
        Effects { names, session, locks: BTreeMap::new(), rewrites: vec![], scans: vec![] };
    // An index that is there already is found only after its table was locked.
    let looks_first =
        skipped.is_some() && reading.head.kind != "index" && reading.head.verb != Verb::Other;
    if !looks_first {
        for touch in &reading.touches {
            effects.touch(touch, skipped.is_none());
        }
    }
    let mut locks = effects.taken();
    let note = reading.mentions.as_ref().map(|mentions| {
        let tables = unread(names, mentions);
        let which = if tables.is_empty() { "no table that exists is" } else { "these tables are" };
        locks.extend(tables);
        format!("a DO block: what it locks cannot be read from its text; {which} named in it")
    });
    let rebuilds = |touch: &Touch| touch.operation == Operation::Reindex { concurrently: false };
    let note = note.or_else(|| reading.touches.iter().any(rebuilds).then(|| READS_WAIT.to_owned()));
    let (reversible, reversal) = reversal::reversal(reading, down);
    PlannedStatement {
        statement: 0,
        of: 0,
        position: Position { line: 1, column: 1 },
        sql: reading.summary.clone(),
        locks,
        rewrites: effects.rewrites,
        scans: effects.scans,
        skipped,
        note,
        reversible,
        reversal,
        findings: Vec::new(),
    }
}

/// Remembers what a statement makes, drops and renames.
pub(super) fn observe(names: &mut Names<'_>, reading: &Reading) {
    names.observe(reading);
    for touch in &reading.touches {
        match &touch.operation {
            Operation::Alter(Change::Rename { to }) => names.renamed(&touch.relation, to, None),
            Operation::Alter(Change::SetSchema { to }) => {
                names.renamed(&touch.relation, &touch.relation.name, Some(to));
            }
            _ => {}
        }
    }
}

/// Why a statement with IF [NOT] EXISTS does nothing.
fn skipped(names: &Names<'_>, reading: &Reading) -> Option<String> {
    let head = &reading.head;
    if let [Touch { relation, operation: Operation::Alter(change), .. }] =
        reading.touches.as_slice()
    {
        let table = names.existing(relation)?;
        return match change {
            Change::AddColumn(it) if it.optional && table.column(&it.column).is_some() => {
                Some("the column already exists, nothing happens but the lock".to_owned())
            }
            Change::DropColumn { column, optional: true } if table.column(column).is_none() => {
                Some("the column does not exist, nothing happens but the lock".to_owned())
            }
            _ => None,
        };
    }
    let name = head.name.as_ref()?;
    let there = |name: &RelationName| match head.kind.as_str() {
        "schema" => Some(names.catalogue.schemas.contains(&name.name)),
        "extension" => Some(names.catalogue.extensions.contains(&name.name)),
        kind if is_relation(kind) => Some(!matches!(names.find(name), Found::Missing)),
        _ => None,
    };
    match head.verb {
        Verb::Create if head.guard == Guard::Exists => {
            let mut name = names.created(name);
            if let Some(table) = &head.on {
                name.schema = names.schema_of(table);
            }
            there(&name)?.then(|| "already exists, nothing happens".to_owned())
        }
        Verb::Drop if head.guard == Guard::Exists => {
            let none = head.names.iter().all(|name| there(name) == Some(false));
            none.then(|| "does not exist, nothing happens".to_owned())
        }
        _ => None,
    }
}

/// The tables whose names stand in a DO block.
fn unread(names: &Names<'_>, mentions: &[RelationName]) -> Vec<LockTaken> {
    let mut tables: Vec<&Relation> = mentions
        .iter()
        .filter_map(|name| names.existing(name))
        .filter(|it| it.is_table())
        .collect();
    // A schema that is named too makes its tables meant.
    tables.extend(names.catalogue.relations.iter().filter(|relation| {
        let said = |text: &str| mentions.iter().any(|it| it.name == text);
        relation.is_table() && said(&relation.schema) && said(&relation.name)
    }));
    tables.sort_by_key(|relation| relation.oid);
    tables.dedup_by_key(|relation| relation.oid);
    tables.iter().map(|relation| taken(relation, None)).collect()
}

fn taken(relation: &Relation, mode: Option<LockMode>) -> LockTaken {
    LockTaken {
        relation: shown(relation),
        mode,
        existing_rows: relation.rows(),
        size_bytes: relation.total_bytes(),
        blocks: mode.map_or(Blocks::Unknown, locks::blocks),
    }
}

fn shown(relation: &Relation) -> String {
    format!("{}.{}", relation.schema, relation.name)
}

struct Effects<'a> {
    names: &'a Names<'a>,
    session: &'a Session,
    /// The strongest mode of each table, by its oid.
    locks: BTreeMap<i64, LockMode>,
    rewrites: Vec<String>,
    scans: Vec<Scan>,
}

impl Effects<'_> {
    fn touch(&mut self, touch: &Touch, happens: bool) {
        let catalogue = self.names.catalogue;
        let Some(named) = self.names.existing(&touch.relation) else { return };
        // DROP INDEX and REINDEX name an index and lock its table.
        let Some(table) = catalogue.get(named.owner) else { return };
        let lock = locks::lock(&touch.operation);
        let mut family = vec![table];
        if lock.family {
            family.extend(catalogue.descendants(table.oid));
        }
        for relation in family {
            self.lock(relation.oid, lock.mode);
            if happens {
                self.count(relation, &touch.operation);
            }
        }
        for (oid, mode) in self.drawn_in(table, &touch.operation) {
            self.lock(oid, mode);
        }
        if let Operation::Alter(Change::SetType(new)) = &touch.operation {
            self.check_keys_again(table, &new.column);
        }
    }

    fn lock(&mut self, oid: i64, mode: LockMode) {
        let strongest = self.locks.entry(oid).or_insert(mode);
        *strongest = mode.max(*strongest);
    }

    /// Adds what the operation does to the rows of a table that stores some.
    fn count(&mut self, relation: &Relation, operation: &Operation) {
        if !matches!(relation.kind, 'r' | 'm') {
            return;
        }
        let name = shown(relation);
        match cost(self.names.catalogue, self.session, relation, operation) {
            Cost::Rewrite if !self.rewrites.contains(&name) => self.rewrites.push(name),
            Cost::Scan(why) => {
                let scan = Scan { relation: name, why: why.to_owned() };
                if !self.scans.contains(&scan) {
                    self.scans.push(scan);
                }
            }
            Cost::Rewrite | Cost::Nothing => {}
        }
    }

    /// Foreign keys to a column whose type changes are made anew.
    fn check_keys_again(&mut self, table: &Relation, column: &String) {
        for (relation, key) in self.names.catalogue.referencing(table.oid) {
            if key.referenced_columns.contains(column) {
                let why = format!("to check its foreign key `{}` again", key.name);
                self.scans.push(Scan { relation: shown(relation), why });
            }
        }
    }

    /// The tables that the text does not name: those at the other end of a foreign key, whose
    /// triggers go with it, the parent of a partition, and what a view reads.
    fn drawn_in(&self, table: &Relation, operation: &Operation) -> Vec<(i64, LockMode)> {
        let catalogue = self.names.catalogue;
        let keys = |wanted: &dyn Fn(&super::catalogue::Constraint) -> bool, mode| {
            let keys = table.constraints.iter().filter(|it| it.kind == 'f' && wanted(it));
            keys.filter_map(|it| Some((it.references?, mode))).collect::<Vec<_>>()
        };
        match operation {
            Operation::Drop { cascade } => {
                let mut others = keys(&|_| true, LockMode::AccessExclusive);
                others.extend(table.parents.iter().map(|it| (*it, LockMode::AccessExclusive)));
                if *cascade {
                    let back = catalogue.referencing(table.oid);
                    others.extend(back.map(|(it, _)| (it.oid, LockMode::AccessExclusive)));
                }
                others
            }
            Operation::Read | Operation::Refresh { .. } => {
                table.reads.iter().map(|it| (*it, LockMode::AccessShare)).collect()
            }
            Operation::Truncate { cascade: true } => self.truncated_with(table),
            Operation::Write { inserts: true } => keys(&|_| true, LockMode::RowShare),
            Operation::Alter(Change::ValidateConstraint { name }) => {
                keys(&|it| it.name == *name && !it.valid, LockMode::RowShare)
            }
            Operation::Alter(Change::DropConstraint { name }) => {
                keys(&|it| it.name == *name, LockMode::AccessExclusive)
            }
            Operation::Alter(Change::DropColumn { column, .. }) => {
                keys(&|it| it.columns.contains(column), LockMode::AccessExclusive)
            }
            Operation::Alter(Change::SetType(new)) => {
                let mut others =
                    keys(&|it| it.columns.contains(&new.column), LockMode::AccessExclusive);
                let back = catalogue.referencing(table.oid);
                let back = back.filter(|(_, key)| key.referenced_columns.contains(&new.column));
                others.extend(back.map(|(it, _)| (it.oid, LockMode::AccessExclusive)));
                others
            }
            _ => Vec::new(),
        }
    }

    /// TRUNCATE … CASCADE empties what refers to the table, and what refers to that.
    fn truncated_with(&self, table: &Relation) -> Vec<(i64, LockMode)> {
        let mut found: Vec<i64> = vec![table.oid];
        let mut next = 0;
        while let Some(oid) = found.get(next).copied() {
            for (relation, _) in self.names.catalogue.referencing(oid) {
                if !found.contains(&relation.oid) {
                    found.push(relation.oid);
                }
            }
            next += 1;
        }
        found.into_iter().map(|oid| (oid, LockMode::AccessExclusive)).collect()
    }

    fn taken(&self) -> Vec<LockTaken> {
        let mut found: Vec<(LockMode, &Relation)> = self
            .locks
            .iter()
            .filter_map(|(oid, mode)| Some((*mode, self.names.catalogue.get(*oid)?)))
            .collect();
        found.sort_by(|(left_mode, left), (right_mode, right)| {
            right_mode.cmp(left_mode).then_with(|| shown(left).cmp(&shown(right)))
        });
        found.into_iter().map(|(mode, relation)| taken(relation, Some(mode))).collect()
    }
}
