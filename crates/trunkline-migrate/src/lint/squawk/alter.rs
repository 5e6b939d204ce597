use squawk_syntax::ast::{self, AlterColumnOption, AlterTableAction, AstNode};

use super::names::{calls, named, offset, text};
use super::relations::touch;
use super::{Change, Default, Extra, Mark, Operation, SetType, Touch};
use crate::sql::words;

/// Storage parameters that do not change how rows are read or written: SHARE UPDATE EXCLUSIVE
/// suffices (PostgreSQL, ALTER TABLE, "SET ( `storage_parameter` )").
const LIGHT_PARAMETERS: &[&str] = &[
    "autovacuum_",
    "fillfactor",
    "log_autovacuum_",
    "n_distinct",
    "parallel_workers",
    "toast.",
    "toast_tuple_target",
    "vacuum_",
];

const SERIAL_TYPES: &[&str] =
    &["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

/// ALTER TABLE: one touch an action, and those of the tables that an action draws in.
pub(super) fn table(statement: &ast::AlterTable) -> Vec<Touch> {
    let table = statement.table_relation_name();
    let recurses = table.as_ref().is_none_or(|it| it.only_token().is_none());
    let Some(relation) = table.and_then(|it| named(&it.table_name_ref()?)) else {
        return Vec::new();
    };
    let mut touches = Vec::new();
    for action in statement.actions() {
        let mut read = change(&action);
        if !recurses && read == Change::Other {
            read = Change::Alone;
        }
        let operation = Operation::Alter(read);
        touches.push(Touch { relation: relation.clone(), operation, offset: offset(&action) });
        touches.extend(drawn_in(&action));
    }
    touches
}

fn change(action: &AlterTableAction) -> Change {
    match action {
        AlterTableAction::AddColumn(it) => Change::AddColumn(Box::new(added(it))),
        AlterTableAction::DropColumn(it) => Change::DropColumn {
            column: it.column_name_ref().map(|name| folded(&name)).unwrap_or_default(),
            optional: it.if_exists().is_some(),
        },
        AlterTableAction::AlterColumn(it) => altered(it),
        AlterTableAction::AddConstraint(it) => {
            it.constraint().map_or(Change::Other, |constraint| constrained(&constraint))
        }
        AlterTableAction::ValidateConstraint(it) => {
            Change::ValidateConstraint { name: constraint_name(it.constraint_name_ref()) }
        }
        AlterTableAction::DropConstraint(it) => {
            Change::DropConstraint { name: constraint_name(it.constraint_name_ref()) }
        }
        AlterTableAction::AttachPartition(_) => Change::AttachPartition,
        AlterTableAction::DetachPartition(it) => {
            Change::DetachPartition { concurrently: it.detach_partition_option().is_some() }
        }
        AlterTableAction::SetLogged(_)
        | AlterTableAction::SetUnlogged(_)
        | AlterTableAction::SetTablespace(_)
        | AlterTableAction::SetAccessMethod(_) => Change::Move,
        AlterTableAction::EnableTrigger(_)
        | AlterTableAction::EnableAlwaysTrigger(_)
        | AlterTableAction::EnableReplicaTrigger(_)
        | AlterTableAction::DisableTrigger(_) => Change::Trigger,
        AlterTableAction::ClusterOn(_) | AlterTableAction::SetWithoutCluster(_) => Change::Settings,
        AlterTableAction::SetOptions(_) | AlterTableAction::ResetOptions(_) => parameters(action),
        AlterTableAction::TableRenameTo(it) => Change::Rename {
            to: it
                .table_name()
                .and_then(|name| super::names::defined(&name.path()?))
                .map(|relation| relation.name)
                .unwrap_or_default(),
        },
        AlterTableAction::SetSchema(it) => Change::SetSchema {
            to: it
                .schema_ref()
                .map(|name| ast::normalize_name_node(name.syntax()))
                .unwrap_or_default(),
        },
        AlterTableAction::OwnerTo(_)
        | AlterTableAction::EnableRls(_)
        | AlterTableAction::DisableRls(_)
        | AlterTableAction::ForceRls(_)
        | AlterTableAction::NoForceRls(_)
        | AlterTableAction::EnableRule(_)
        | AlterTableAction::DisableRule(_)
        | AlterTableAction::ReplicaIdentity(_) => Change::Alone,
        _ => Change::Other,
    }
}

/// The other tables that an action locks.
fn drawn_in(action: &AlterTableAction) -> Vec<Touch> {
    let referenced = |valid| Operation::Referenced { valid };
    let found = match action {
        AlterTableAction::AddColumn(it) => {
            let keys = it.syntax().children().filter_map(ast::ReferencesConstraint::cast);
            return keys.filter_map(|key| touch(key.table(), referenced(true))).collect();
        }
        AlterTableAction::AddConstraint(it) => match it.constraint() {
            Some(constraint) => {
                let operation = referenced(!constraint.is_not_valid());
                match constraint {
                    ast::Constraint::ForeignKeyConstraint(it) => {
                        touch(it.table_name_ref(), operation)
                    }
                    _ => None,
                }
            }
            None => None,
        },
        AlterTableAction::AttachPartition(it) => {
            touch(it.table_name_ref(), Operation::Alter(Change::AttachedPartition))
        }
        AlterTableAction::DetachPartition(it) => {
            let concurrently = it.detach_partition_option().is_some();
            touch(it.table_name_ref(), Operation::Alter(Change::DetachPartition { concurrently }))
        }
        AlterTableAction::InheritTable(it) => touch(it.table_name_ref(), Operation::NewChild),
        AlterTableAction::NoInheritTable(it) => touch(it.table_name_ref(), Operation::Read),
        _ => None,
    };
    found.into_iter().collect()
}

fn added(column: &ast::AddColumn) -> Extra {
    let data_type = column.ty().map(|it| text(&it)).unwrap_or_default();
    let mut default = Default::Null;
    let mut marks = Vec::new();
    if SERIAL_TYPES.contains(&data_type.as_str()) {
        marks.push(Mark::Computed);
    }
    for constraint in column.constraints() {
        marks.push(match constraint {
            ast::Constraint::DefaultConstraint(it) => {
                default = value(it.expr());
                continue;
            }
            ast::Constraint::NullConstraint(_) => continue,
            ast::Constraint::NotNullConstraint(_) => Mark::NotNull,
            ast::Constraint::CheckConstraint(_) => Mark::Check,
            ast::Constraint::ReferencesConstraint(_) | ast::Constraint::ForeignKeyConstraint(_) => {
                Mark::References
            }
            // GENERATED … VIRTUAL, from PostgreSQL 18, is computed when it is read.
            ast::Constraint::GeneratedConstraint(it) if text(&it).ends_with("virtual") => continue,
            ast::Constraint::GeneratedConstraint(_) => Mark::Computed,
            ast::Constraint::PrimaryKeyConstraint(_)
            | ast::Constraint::UniqueConstraint(_)
            | ast::Constraint::ExcludeConstraint(_) => Mark::Index,
        });
    }
    let optional = column.if_not_exists().is_some();
    let column = column.column_name().map(|name| name.text()).unwrap_or_default();
    Extra { column, optional, data_type, default, marks }
}

fn value(expression: Option<ast::Expr>) -> Default {
    let Some(expression) = expression else { return Default::Null };
    if text(&expression) == "null" {
        return Default::Null;
    }
    Default::Expression { calls: calls(&expression) }
}

fn altered(column: &ast::AlterColumn) -> Change {
    let name = column.column_name_ref().map(|name| folded(&name)).unwrap_or_default();
    match column.option() {
        Some(AlterColumnOption::SetNotNull(_)) => Change::SetNotNull { column: name },
        Some(AlterColumnOption::SetType(it)) => {
            let data_type = it.ty().map(|it| text(&it)).unwrap_or_default();
            let using = it.using_expr().and_then(|it| it.expr()).map(|it| text(&it));
            let plain = |it: &str| {
                it.trim_matches('"') == name
                    || words(it).map(|word| word.text).collect::<String>()
                        == words(&format!("{name}::{data_type}"))
                            .map(|word| word.text)
                            .collect::<String>()
            };
            let computed = using.is_some_and(|expression| !plain(&expression));
            Change::SetType(Box::new(SetType { column: name, data_type, computed }))
        }
        Some(AlterColumnOption::SetExpression(_)) => Change::SetExpression,
        Some(
            AlterColumnOption::SetStatistics(_)
            | AlterColumnOption::SetOptions(_)
            | AlterColumnOption::SetOptionsList(_)
            | AlterColumnOption::ResetOptions(_),
        ) => Change::Settings,
        _ => Change::Other,
    }
}

fn constrained(constraint: &ast::Constraint) -> Change {
    let valid = !constraint.is_not_valid();
    let builds = |using: Option<ast::UsingIndexName>| Change::AddIndexConstraint {
        using_index: using.is_some(),
    };
    match constraint {
        ast::Constraint::ForeignKeyConstraint(_) | ast::Constraint::ReferencesConstraint(_) => {
            Change::AddForeignKey { valid }
        }
        ast::Constraint::CheckConstraint(_) | ast::Constraint::NotNullConstraint(_) => {
            Change::AddCheck { valid }
        }
        ast::Constraint::PrimaryKeyConstraint(it) => builds(it.using_index()),
        ast::Constraint::UniqueConstraint(it) => builds(it.using_index()),
        ast::Constraint::ExcludeConstraint(_) => builds(None),
        _ => Change::Other,
    }
}

fn parameters(action: &AlterTableAction) -> Change {
    let text = text(action);
    let list = text.split_once('(').map_or("", |(_, list)| list);
    let light = list.split(',').all(|parameter| {
        LIGHT_PARAMETERS.iter().any(|light| parameter.trim_start().starts_with(light))
    });
    if light { Change::Settings } else { Change::Other }
}

fn folded(name: &ast::ColumnNameRef) -> String {
    ast::normalize_name_node(name.syntax())
}

fn constraint_name(name: Option<ast::ConstraintNameRef>) -> String {
    name.and_then(|it| it.path_ref())
        .and_then(|it| super::names::path(&it))
        .map(|it| it.name)
        .unwrap_or_default()
}
