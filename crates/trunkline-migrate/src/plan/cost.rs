use super::catalogue::{Catalogue, Relation};
use super::session::Session;
use super::types;
use crate::lint::squawk::{Change, Default, Extra, Mark, Operation};

/// Expressions that look like calls and are no functions of `pg_proc`.
const NO_FUNCTIONS: &[&str] = &[
    "array",
    "cast",
    "coalesce",
    "current_date",
    "current_time",
    "current_timestamp",
    "greatest",
    "least",
    "localtime",
    "localtimestamp",
    "nullif",
    "row",
];

/// What an operation does to the rows of one table.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cost {
    Nothing,
    /// Every row is read, for this.
    Scan(&'static str),
    /// Every row is written again.
    Rewrite,
}

/// What `operation` costs on `table`.
pub(super) fn cost(
    catalogue: &Catalogue,
    session: &Session,
    table: &Relation,
    operation: &Operation,
) -> Cost {
    match operation {
        Operation::CreateIndex { concurrently: true, .. } => {
            Cost::Scan("to build the index, and again to complete it")
        }
        Operation::CreateIndex { concurrently: false, .. } => Cost::Scan("to build the index"),
        Operation::Reindex { .. } => Cost::Scan("to build its indexes again"),
        Operation::Rewrite | Operation::Refresh { concurrently: false } => Cost::Rewrite,
        Operation::Alter(change) => alter(catalogue, session, table, change),
        _ => Cost::Nothing,
    }
}

fn alter(catalogue: &Catalogue, session: &Session, table: &Relation, change: &Change) -> Cost {
    match change {
        Change::AddColumn(column) => added(catalogue, table, column),
        Change::SetType(new) => match table.column(&new.column) {
            Some(old)
                if new.computed
                    || types::rewrites(
                        catalogue,
                        &session.time_zone,
                        &old.data_type,
                        &new.data_type,
                    ) =>
            {
                Cost::Rewrite
            }
            _ => Cost::Nothing,
        },
        Change::SetExpression | Change::Move => Cost::Rewrite,
        Change::SetNotNull { column } => {
            let is_so = table.column(column).is_none_or(|it| it.not_null);
            let mut checks = table.constraints.iter().filter(|it| it.proves_not_null);
            let proven = checks.any(|it| it.columns.contains(column));
            if is_so || proven { Cost::Nothing } else { Cost::Scan("to find a NULL") }
        }
        Change::AddCheck { valid: true } => Cost::Scan("to check the rows"),
        Change::AddForeignKey { valid: true } => Cost::Scan("to look every row up"),
        Change::AddIndexConstraint { using_index: false } => Cost::Scan("to build the index"),
        Change::ValidateConstraint { name } => match table.constraint(name) {
            Some(constraint) if constraint.valid => Cost::Nothing,
            _ => Cost::Scan("to validate the constraint"),
        },
        Change::AttachedPartition => Cost::Scan("to check that the rows belong to the partition"),
        _ => Cost::Nothing,
    }
}

/// ALTER TABLE, "Notes": a constant or stable default is stored once; "a volatile DEFAULT" and a
/// generated, identity or serial column or one of a constrained domain write every row.
fn added(catalogue: &Catalogue, table: &Relation, column: &Extra) -> Cost {
    if column.optional && table.column(&column.column).is_some() {
        return Cost::Nothing;
    }
    let volatile = match &column.default {
        Default::Null => false,
        Default::Expression { calls } => calls
            .iter()
            .filter(|name| !NO_FUNCTIONS.contains(&name.as_str()))
            // A function that is not there yet is made by a pending statement: volatile unless it says more.
            .any(|name| catalogue.functions.get(name).copied().unwrap_or(true)),
    };
    let domain = column.data_type.rsplit('.').next().unwrap_or_default();
    let has = |mark| column.marks.contains(&mark);
    if has(Mark::Computed) || volatile || catalogue.domains.contains(domain) {
        return Cost::Rewrite;
    }
    let filled = column.default != Default::Null;
    if has(Mark::Index) {
        Cost::Scan("to build the index")
    } else if has(Mark::NotNull) && !filled {
        Cost::Scan("to find a NULL: it fails if there is any row")
    } else if has(Mark::Check) {
        Cost::Scan("to check the rows")
    } else if has(Mark::References) && filled {
        Cost::Scan("to look every row up")
    } else {
        Cost::Nothing
    }
}
