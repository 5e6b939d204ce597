use squawk_syntax::ast::{self, AstNode};

use super::relations::touch;
use super::{Operation, Touch};

/// CREATE TABLE: what it does to other tables.
pub(super) fn table(statement: &ast::CreateTable) -> Vec<Touch> {
    let parent = statement.partition_of().and_then(|it| it.table_name_ref());
    let mut touches: Vec<Touch> = touch(parent, Operation::NewPartition).into_iter().collect();
    touches.extend(inherited(statement.inherits()));
    touches.extend(arguments(statement.table_arg_list()));
    touches
}

pub(super) fn foreign_table(statement: &ast::CreateForeignTable) -> Vec<Touch> {
    let parent = statement.partition_of().and_then(|it| it.table_name_ref());
    let mut touches: Vec<Touch> = touch(parent, Operation::NewPartition).into_iter().collect();
    touches.extend(inherited(statement.inherits()));
    touches
}

fn inherited(clause: Option<ast::Inherits>) -> Vec<Touch> {
    let parents = clause.into_iter().flat_map(|it| it.table_name_refs());
    parents.filter_map(|parent| touch(Some(parent), Operation::NewChild)).collect()
}

fn arguments(list: Option<ast::TableArgList>) -> Vec<Touch> {
    let referenced = |table| touch(table, Operation::Referenced { valid: true });
    let mut touches = Vec::new();
    for argument in list.into_iter().flat_map(|it| it.args()) {
        match argument {
            ast::TableArg::LikeClause(like) => {
                touches.extend(touch(like.relation_name_ref(), Operation::Read));
            }
            ast::TableArg::TableConstraint(ast::TableConstraint::ForeignKeyConstraint(key)) => {
                touches.extend(referenced(key.table_name_ref()));
            }
            ast::TableArg::TableConstraint(_) => {}
            ast::TableArg::Column(column) => {
                let keys = column.syntax().children().filter_map(ast::ReferencesConstraint::cast);
                touches.extend(keys.filter_map(|key| referenced(key.table())));
            }
        }
    }
    touches
}
