use super::Reversible;
use crate::lint::squawk::{Change, Operation, Reading};

/// Whether what `statement` does can be taken back by the statements of `down`, and a word on it.
pub(super) fn reversal(
    statement: &Reading,
    down: Option<&[Reading]>,
) -> (Reversible, Option<String>) {
    if let Some(what) = destroys(statement) {
        return (Reversible::LosesData, Some(what));
    }
    let Some(down) = down else { return (Reversible::No, None) };
    for undo in down {
        if statement.head.new_table().is_some() && statement.head.is_undone_by(&undo.head) {
            let kept = "`down` moves a table that holds rows to an archive schema".to_owned();
            return (Reversible::Yes, Some(kept));
        }
        if let Some(column) = dropped_again(statement, undo) {
            let lost = format!("`down` drops the column `{column}` with its values");
            return (Reversible::LosesData, Some(lost));
        }
    }
    (Reversible::Yes, None)
}

/// What the statement itself takes away for good.
fn destroys(statement: &Reading) -> Option<String> {
    let head = &statement.head;
    if head.drops(&["table", "foreign table", "database"])
        || (head.cascade && head.drops(&["schema", "extension", "owned", "type", "domain"]))
    {
        return Some("it drops rows".to_owned());
    }
    statement.touches.iter().find_map(|touch| match &touch.operation {
        Operation::Truncate { .. } => Some("it deletes every row".to_owned()),
        Operation::Write { inserts: false } => Some("it changes or deletes rows".to_owned()),
        Operation::Alter(Change::DropColumn { column, .. }) => {
            Some(format!("it drops the column `{column}` with its values"))
        }
        Operation::Alter(Change::SetType(new)) if new.computed => {
            Some(format!("it computes `{}` anew", new.column))
        }
        _ => None,
    })
}

/// The column that `statement` adds and `undo` drops.
fn dropped_again<'a>(statement: &'a Reading, undo: &Reading) -> Option<&'a str> {
    statement.touches.iter().find_map(|touch| {
        let Operation::Alter(Change::AddColumn(added)) = &touch.operation else { return None };
        let drops = |other: &&crate::lint::squawk::Touch| {
            matches!(&other.operation, Operation::Alter(Change::DropColumn { column, .. })
                if *column == added.column && other.relation.may_be(&touch.relation))
        };
        undo.touches.iter().find(drops).map(|_| added.column.as_str())
    })
}
