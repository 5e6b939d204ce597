use squawk_syntax::ast::{self, AstNode, HasPathRef, Stmt};

use super::names::{named, offset};
use super::{LockMode, Operation, RelationName, Touch, alter, create};

/// What a statement does to relations, in the order in which it names them.
pub(super) fn touches(statement: &Stmt) -> Vec<Touch> {
    let mut touches = match statement {
        Stmt::CreateTable(it) => create::table(it),
        Stmt::CreateForeignTable(it) => create::foreign_table(it),
        Stmt::AlterTable(it) => alter::table(it),
        Stmt::CreateIndex(_) | Stmt::DropIndex(_) | Stmt::Reindex(_) | Stmt::AlterIndex(_) => {
            index(statement)
        }
        Stmt::Insert(_)
        | Stmt::Update(_)
        | Stmt::Delete(_)
        | Stmt::Merge(_)
        | Stmt::Copy(_)
        | Stmt::Truncate(_)
        | Stmt::Lock(_) => data(statement),
        Stmt::CommentOn(it) => comment(it),
        Stmt::DropTable(it) => drops(it.table_name_refs(), it.drop_behavior().as_ref()),
        Stmt::DropView(it) => drops(it.view_refs(), it.drop_behavior().as_ref()),
        Stmt::DropMaterializedView(it) => drops(it.view_refs(), it.drop_behavior().as_ref()),
        Stmt::DropForeignTable(it) => every::<ast::TableNameRef>(
            it,
            &Operation::Drop {
                cascade: matches!(it.drop_behavior(), Some(ast::DropBehavior::Cascade(_))),
            },
        ),
        _ => maintenance(statement),
    };
    if !is_routine(statement) {
        touches.extend(reads(statement));
    }
    touches
}

/// A routine's body is read when it runs, not when it is made.
fn is_routine(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::CreateFunction(_) | Stmt::CreateProcedure(_) | Stmt::CreateRule(_) | Stmt::Do(_)
    )
}

/// One touch of the relation that `node` names.
pub(super) fn touch<N: HasPathRef>(node: Option<N>, operation: Operation) -> Option<Touch> {
    let node = node?;
    Some(Touch { relation: named(&node)?, operation, offset: offset(&node) })
}

/// The same touch of every relation that stands anywhere in `node` as an `N`.
fn every<N: HasPathRef>(node: &impl AstNode, operation: &Operation) -> Vec<Touch> {
    let found = node.syntax().descendants().filter_map(N::cast);
    found.filter_map(|name| touch(Some(name), operation.clone())).collect()
}

fn drops<N: HasPathRef>(
    names: impl Iterator<Item = N>,
    behavior: Option<&ast::DropBehavior>,
) -> Vec<Touch> {
    let cascade = matches!(behavior, Some(ast::DropBehavior::Cascade(_)));
    names.filter_map(|name| touch(Some(name), Operation::Drop { cascade })).collect()
}

fn index(statement: &Stmt) -> Vec<Touch> {
    match statement {
        Stmt::CreateIndex(it) => {
            let operation = Operation::CreateIndex {
                concurrently: it.concurrently_token().is_some(),
                unique: it.unique_token().is_some(),
            };
            let table = it.table_relation_name().and_then(|table| table.table_name_ref());
            touch(table, operation).into_iter().collect()
        }
        Stmt::DropIndex(it) => {
            let concurrently = it.concurrently_token().is_some();
            let names = it.index_refs();
            names.filter_map(|it| touch(Some(it), Operation::DropIndex { concurrently })).collect()
        }
        Stmt::Reindex(it) => {
            let operation = Operation::Reindex { concurrently: it.is_concurrently() };
            let mut touches = every::<ast::TableNameRef>(it, &operation);
            touches.extend(every::<ast::IndexRef>(it, &operation));
            touches
        }
        // RENAME, SET and ATTACH lock the index, not its table.
        _ => Vec::new(),
    }
}

fn data(statement: &Stmt) -> Vec<Touch> {
    let write = |inserts| Operation::Write { inserts };
    match statement {
        Stmt::Insert(it) => touch(it.relation_name_ref(), write(true)).into_iter().collect(),
        Stmt::Update(it) => {
            let target = it.relation_name().and_then(|name| name.relation_name_ref());
            touch(target, write(false)).into_iter().collect()
        }
        Stmt::Delete(it) => {
            let target = it.relation_name().and_then(|name| name.relation_name_ref());
            touch(target, write(false)).into_iter().collect()
        }
        Stmt::Merge(it) => {
            let target = it.table_relation_name().and_then(|name| name.table_name_ref());
            touch(target, write(true)).into_iter().collect()
        }
        Stmt::Copy(it) => {
            let reads = matches!(it.copy_direction(), Some(ast::CopyDirection::CopyTo(_)));
            let operation = if reads { Operation::Read } else { write(true) };
            let table = it.copy_table().and_then(|table| table.table_name_ref());
            touch(table, operation).into_iter().collect()
        }
        Stmt::Truncate(it) => {
            let cascade = matches!(it.drop_behavior(), Some(ast::DropBehavior::Cascade(_)));
            every::<ast::TableNameRef>(it, &Operation::Truncate { cascade })
        }
        Stmt::Lock(it) => {
            let mode = it.lock_mode_clause().and_then(|clause| clause.lock_mode());
            every::<ast::RelationNameRef>(it, &Operation::Lock(lock_mode(mode.as_ref())))
        }
        _ => Vec::new(),
    }
}

/// LOCK TABLE without a mode is ACCESS EXCLUSIVE.
fn lock_mode(written: Option<&ast::LockMode>) -> LockMode {
    match written {
        Some(ast::LockMode::AccessShare(_)) => LockMode::AccessShare,
        Some(ast::LockMode::RowShare(_)) => LockMode::RowShare,
        Some(ast::LockMode::RowExclusive(_)) => LockMode::RowExclusive,
        Some(ast::LockMode::ShareUpdateExclusive(_)) => LockMode::ShareUpdateExclusive,
        Some(ast::LockMode::Share(_)) => LockMode::Share,
        Some(ast::LockMode::ShareRowExclusive(_)) => LockMode::ShareRowExclusive,
        Some(ast::LockMode::Exclusive(_)) => LockMode::Exclusive,
        Some(ast::LockMode::AccessExclusive(_)) | None => LockMode::AccessExclusive,
    }
}

fn comment(statement: &ast::CommentOn) -> Vec<Touch> {
    match statement.comment_object() {
        Some(ast::CommentObject::ObjectTable(it)) => {
            every::<ast::TableNameRef>(&it, &Operation::Comment)
        }
        Some(ast::CommentObject::ObjectView(it)) => every::<ast::ViewRef>(&it, &Operation::Comment),
        Some(ast::CommentObject::ObjectMaterializedView(it)) => {
            every::<ast::ViewRef>(&it, &Operation::Comment)
        }
        Some(ast::CommentObject::ObjectColumn(it)) => it
            .name()
            .and_then(|column| Some((offset(&column), column.path_ref()?.qualifier()?)))
            .and_then(|(offset, table)| {
                let relation = super::names::path(&table)?;
                Some(Touch { relation, operation: Operation::Comment, offset })
            })
            .into_iter()
            .collect(),
        Some(ast::CommentObject::ObjectConstraint(it)) => {
            every::<ast::TableNameRef>(&it, &Operation::CommentOnPart)
        }
        Some(ast::CommentObject::ObjectTrigger(it)) => {
            every::<ast::RelationNameRef>(&it, &Operation::CommentOnPart)
        }
        Some(ast::CommentObject::ObjectPolicy(it)) => {
            every::<ast::TableNameRef>(&it, &Operation::CommentOnPart)
        }
        _ => Vec::new(),
    }
}

fn maintenance(statement: &Stmt) -> Vec<Touch> {
    let on_relation = |node: Option<ast::OnRelation>, operation| {
        touch(node.and_then(|on| on.relation_name_ref()), operation).into_iter().collect()
    };
    let on_table = |node: Option<ast::OnTable>| {
        let table = node.and_then(|on| on.table_name_ref());
        touch(table, Operation::ChangeRule).into_iter().collect()
    };
    match statement {
        Stmt::CreateTrigger(it) => on_relation(it.on_relation(), Operation::CreateTrigger),
        Stmt::AlterTrigger(it) => on_relation(it.on_relation(), Operation::ChangeRule),
        Stmt::DropTrigger(it) => on_relation(it.on_relation(), Operation::ChangeRule),
        Stmt::DropRule(it) => on_relation(it.on_relation(), Operation::ChangeRule),
        Stmt::CreateRule(it) => {
            let relation = it.rule_on().and_then(|on| on.relation_name_ref());
            touch(relation, Operation::ChangeRule).into_iter().collect()
        }
        Stmt::CreatePolicy(it) => on_table(it.on_table()),
        Stmt::AlterPolicy(it) => on_table(it.on_table()),
        Stmt::DropPolicy(it) => on_table(it.on_table()),
        Stmt::CreateStatistics(it) => {
            let table = it.from_table().and_then(|from| from.table_name_ref());
            touch(table, Operation::CreateStatistics).into_iter().collect()
        }
        Stmt::Analyze(it) => every::<ast::TableNameRef>(it, &Operation::Analyze),
        Stmt::Vacuum(it) => {
            let operation = if it.is_full() { Operation::Rewrite } else { Operation::Vacuum };
            every::<ast::TableNameRef>(it, &operation)
        }
        Stmt::Cluster(it) => every::<ast::TableNameRef>(it, &Operation::Rewrite),
        Stmt::Refresh(it) => {
            let concurrently = it.concurrently_token().is_some();
            touch(it.view_ref(), Operation::Refresh { concurrently }).into_iter().collect()
        }
        Stmt::AlterView(it) => {
            touch(it.view_ref(), Operation::Alter(super::Change::Alone)).into_iter().collect()
        }
        Stmt::AlterMaterializedView(it) => {
            touch(it.view_ref(), Operation::Alter(super::Change::Alone)).into_iter().collect()
        }
        Stmt::CreateView(it) if it.or_replace().is_some() => replaced(it),
        Stmt::CreatePublication(_) | Stmt::AlterPublication(_) => {
            let mut touches = every::<ast::TableNameRef>(statement, &Operation::Publish);
            touches.extend(every::<ast::RelationNameRef>(statement, &Operation::Publish));
            touches
        }
        _ => Vec::new(),
    }
}

fn replaced(statement: &ast::CreateView) -> Vec<Touch> {
    let name = statement.view().and_then(|view| super::names::defined(&view.path()?));
    let touch = |relation| Touch { relation, operation: Operation::Replace, offset: 0 };
    name.map(touch).into_iter().collect()
}

/// The relations behind FROM and JOIN, without the names of WITH queries.
fn reads(statement: &Stmt) -> Vec<Touch> {
    let nodes = || statement.syntax().descendants();
    let with: Vec<String> = nodes()
        .filter_map(ast::WithTable::cast)
        .filter_map(|query| query.name())
        .map(|name| ast::normalize_name_node(name.syntax()))
        .collect();
    let local = |name: &RelationName| name.schema.is_none() && with.contains(&name.name);
    let locked = nodes().any(|node| ast::LockingClause::cast(node).is_some());
    let operation = if locked { Operation::ReadForUpdate } else { Operation::Read };
    let from = nodes().filter_map(ast::RelationFromItem::cast).map(|it| it.relation_name_ref());
    let whole =
        nodes().filter_map(ast::Table::cast).map(|it| it.relation_name()?.relation_name_ref());
    from.chain(whole)
        .filter_map(|name| touch(name, operation.clone()))
        .filter(|touch| !local(&touch.relation))
        .collect()
}
