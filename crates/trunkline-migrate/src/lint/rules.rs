//! Our own rules: what squawk does not know or says without looking at the whole migration.

use super::file::File;
use super::squawk::{Change, Guard, Operation, Reading, RelationName, Touch, Verb};
use super::{LintOptions, Severity};
use crate::sql::words;

/// A finding of ours before it gets its file and position.
pub(super) struct Found {
    pub rule: &'static str,
    pub severity: Severity,
    /// The statement, from 0; nothing for the whole file.
    pub statement: Option<usize>,
    /// Bytes of the file.
    pub offset: usize,
    pub message: String,
    pub help: String,
}

/// What an up file does wrong.
pub(super) fn up(file: &File<'_>, options: LintOptions) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, reading) in file.readings.iter().enumerate() {
        foreign_keys(file, index, reading, options, &mut found);
        found.extend(index_not_concurrent(file, index, reading));
        found.extend(concurrently_in_transaction(file, index, reading));
        found.extend(never_in_transaction(file, index));
        not_rerunnable(file, index, reading, &mut found);
    }
    found.extend(transaction_control(file));
    found
}

/// BEGIN and COMMIT in a file that the engine runs in its own transaction, or in one for each statement.
pub(super) fn transaction_control(file: &File<'_>) -> Vec<Found> {
    let stepwise = file.script.directives.no_transaction;
    let left_out = file.script.body().is_ok();
    let control = |(index, reading): (usize, &Reading)| {
        let (severity, what) = match reading.head.verb {
            _ if stepwise => {
                if !file.script.controls_transaction(&file.statements[index]) {
                    return None;
                }
                (Severity::Error, "means nothing: each statement has a transaction of its own")
            }
            Verb::Begin | Verb::End if left_out => {
                (Severity::Info, "is left out: the engine opens a transaction around the file")
            }
            Verb::Begin => {
                (Severity::Error, "begins a transaction inside the one that the engine opens")
            }
            Verb::End => (
                Severity::Error,
                "ends the engine's transaction: what follows is not undone by a failure",
            ),
            Verb::Create | Verb::Drop | Verb::Other => return None,
        };
        Some(Found {
            rule: "transaction-control",
            severity,
            statement: Some(index),
            offset: file.offset(index, 0),
            message: format!("`{}` {what}", reading.summary),
            help: if stepwise {
                "remove it, and put what belongs together into a transactional file"
            } else {
                "remove it; to have each statement committed by itself, put \
                 `-- trunkline: no-transaction` into the leading comment"
            }
            .into(),
        })
    };
    file.readings.iter().enumerate().filter_map(control).collect()
}

/// NAME.down.sql is not there.
pub(super) fn missing_down(file: &File<'_>) -> Found {
    Found {
        rule: "missing-down",
        severity: Severity::Warning,
        statement: None,
        offset: 0,
        message: format!("`{}` cannot be reverted: it has no down file", file.migration),
        help: format!("write {}.down.sql", file.migration),
    }
}

/// A foreign key to a table in use takes `ShareRowExclusiveLock` on it until commit, whether it is
/// written inline or by ADD CONSTRAINT (measured on PostgreSQL 15; "Explicit Locking").
fn foreign_keys(
    file: &File<'_>,
    index: usize,
    reading: &Reading,
    options: LintOptions,
    found: &mut Vec<Found>,
) {
    if sets_lock_timeout(file, index) {
        return;
    }
    let in_set = |table: &RelationName| {
        file.creates(table, index) || file.set.iter().any(|known| known.may_be(table))
    };
    // The table that gets the key is locked in the same way as the one that it refers to.
    let is_altered = |touch: &&Touch| matches!(touch.operation, Operation::Alter(_));
    let alters_live = reading.touches.iter().filter(is_altered).any(|it| !in_set(&it.relation));
    for touch in &reading.touches {
        let Operation::Referenced { valid: true } = touch.operation else { continue };
        if file.creates(&touch.relation, index) {
            continue;
        }
        let calm = in_set(&touch.relation) && !alters_live && !options.other_runner;
        found.push(Found {
            rule: "foreign-key-without-budget",
            severity: if calm { Severity::Info } else { Severity::Warning },
            statement: Some(index),
            offset: file.offset(index, touch.offset),
            message: format!(
                "this foreign key takes ShareRowExclusiveLock on `{}` and holds it until commit: \
                 every write to that table waits, and so does this statement behind any writer",
                touch.relation
            ),
            help: "put `SET LOCAL lock_timeout = '2s'` before it, or add the key with NOT VALID \
                   and validate it in a later migration"
                .into(),
        });
    }
}

fn sets_lock_timeout(file: &File<'_>, before: usize) -> bool {
    file.statements[..before].iter().any(|statement| {
        let mut tokens = words(file.script.sql(statement));
        let sets = tokens.next().is_some_and(|word| word.is("set"));
        let mut tokens = tokens.skip_while(|word| word.is("local") || word.is("session"));
        let named = tokens.next().is_some_and(|word| word.is("lock_timeout"));
        let value = tokens.nth(1).map(|word| word.text.trim_matches('\''));
        sets && named && value.is_some_and(|value| !matches!(value, "0" | "default" | "DEFAULT"))
    })
}

fn index_not_concurrent(file: &File<'_>, index: usize, reading: &Reading) -> Option<Found> {
    let touch = reading.touches.iter().find(|touch| {
        matches!(touch.operation, Operation::CreateIndex { concurrently: false, .. })
    })?;
    (!file.creates(&touch.relation, index)).then(|| Found {
        rule: "index-not-concurrent",
        severity: Severity::Warning,
        statement: Some(index),
        offset: file.offset(index, 0),
        message: format!(
            "building this index stops every write to `{}` until it is done",
            touch.relation
        ),
        help: "use CREATE INDEX CONCURRENTLY in a migration of its own with \
               `-- trunkline: no-transaction`"
            .into(),
    })
}

fn concurrently_in_transaction(file: &File<'_>, index: usize, reading: &Reading) -> Option<Found> {
    let concurrently = reading.head.concurrently
        || reading.touches.iter().any(|touch| {
            matches!(
                touch.operation,
                Operation::Reindex { concurrently: true }
                    | Operation::Alter(Change::DetachPartition { concurrently: true })
            )
        });
    (concurrently && !file.script.directives.no_transaction).then(|| Found {
        rule: "concurrently-in-transaction",
        severity: Severity::Error,
        statement: Some(index),
        offset: file.offset(index, 0),
        message: "CONCURRENTLY cannot run inside a transaction".into(),
        help: "put `-- trunkline: no-transaction` into the leading comment".into(),
    })
}

/// Other statements that PostgreSQL refuses in a transaction.
fn never_in_transaction(file: &File<'_>, index: usize) -> Option<Found> {
    let what = crate::up::never_in_transaction(file.script.sql(&file.statements[index]))?;
    (!file.script.directives.no_transaction).then(|| Found {
        rule: "never-in-transaction",
        severity: Severity::Error,
        statement: Some(index),
        offset: file.offset(index, 0),
        message: format!("{what} cannot run inside a transaction"),
        help: "put `-- trunkline: no-transaction` into the leading comment".into(),
    })
}

/// CREATE, DROP and ADD COLUMN that fail when they are run again.
fn not_rerunnable(file: &File<'_>, index: usize, reading: &Reading, found: &mut Vec<Found>) {
    let head = &reading.head;
    let mut say = |offset, message: String, help: &str| {
        found.push(Found {
            rule: "not-rerunnable",
            severity: Severity::Warning,
            statement: Some(index),
            offset: file.offset(index, offset),
            message,
            help: help.to_owned(),
        });
    };
    let dropped_before = || {
        let earlier = file.readings[..index].iter().map(|it| &it.head);
        earlier.filter(|it| it.guard != Guard::None).any(|drop| head.is_undone_by(drop))
    };
    match head.verb {
        Verb::Create if head.guard == Guard::None && !head.temporary && !dropped_before() => {
            say(
                0,
                format!("a second run fails: the {} is already there", head.kind),
                guard(head.kind.as_str()),
            );
        }
        Verb::Drop if head.guard == Guard::None && !matches!(head.kind.as_str(), "owned") => {
            say(
                0,
                format!("a second run fails: the {} is gone", head.kind),
                "write DROP … IF EXISTS",
            );
        }
        _ => {}
    }
    for touch in &reading.touches {
        match &touch.operation {
            Operation::Alter(Change::AddColumn(column))
                if !column.optional && !file.creates(&touch.relation, index) =>
            {
                say(
                    touch.offset,
                    format!("a second run fails: the column `{}` is already there", column.column),
                    "write ADD COLUMN IF NOT EXISTS",
                );
            }
            Operation::Alter(Change::DropColumn { column, optional: false }) => {
                say(
                    touch.offset,
                    format!("a second run fails: the column `{column}` is gone"),
                    "write DROP COLUMN IF EXISTS",
                );
            }
            _ => {}
        }
    }
}

/// How `kind` is created so that a second run does nothing.
fn guard(kind: &str) -> &'static str {
    match kind {
        "function" | "procedure" | "view" | "aggregate" | "rule" | "transform" | "language" => {
            "write CREATE OR REPLACE"
        }
        "trigger" => "write CREATE OR REPLACE TRIGGER, or DROP TRIGGER IF EXISTS before it",
        "table" | "index" | "schema" | "sequence" | "extension" | "materialized view"
        | "foreign table" | "statistics" | "collation" | "server" | "user mapping" => {
            "write CREATE … IF NOT EXISTS"
        }
        _ => "put DROP … IF EXISTS before it, or create it in a DO block that looks first",
    }
}
