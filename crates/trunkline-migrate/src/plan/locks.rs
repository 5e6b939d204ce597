//! Which lock each kind of statement takes, and whether partitions are drawn in.
//!
//! Sources: PostgreSQL's documentation, "Explicit Locking" (table-level locks) and the page of each
//! command, ALTER TABLE above all; for what they leave open, `AlterTableGetLockLevel` in
//! `tablecmds.c`. A test runs every kind on a server and compares this table with `pg_locks`.

use crate::lint::squawk::{Change, LockMode, Operation};

use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

/// A lock on the named relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lock {
    pub mode: LockMode,
    /// Whether its partitions and inheriting tables are locked in the same way.
    pub family: bool,
}

const fn family(mode: LockMode) -> Lock {
    Lock { mode, family: true }
}

const fn alone(mode: LockMode) -> Lock {
    Lock { mode, family: false }
}

/// The lock that `operation` takes on the relation that it names.
///
/// In quotes: "Explicit Locking" and the command's own page.
pub(super) fn lock(operation: &Operation) -> Lock {
    match operation {
        // "The SELECT command acquires a lock of this mode"; COMMENT on a constraint, trigger or policy
        // only looks the table up (`get_object_address_relobject`).
        Operation::Read | Operation::CommentOnPart => alone(AccessShare),
        // SELECT FOR UPDATE and its kin.
        Operation::ReadForUpdate => alone(RowShare),
        // "UPDATE, DELETE, INSERT, and MERGE acquire this lock mode"; the rows inserted into a parent
        // stand in it alone.
        Operation::Write { inserts: true } => alone(RowExclusive),
        Operation::Write { inserts: false } => family(RowExclusive),
        // "the lock is applied to the named table and all its descendant tables".
        Operation::Lock(mode) => family(*mode),
        // "VACUUM (without FULL), ANALYZE, CREATE INDEX CONCURRENTLY, REINDEX CONCURRENTLY, CREATE
        // STATISTICS, COMMENT ON"; DROP INDEX CONCURRENTLY (`RemoveRelations`), CREATE PUBLICATION
        // (`OpenTableList`), CREATE TABLE … INHERITS (`MergeAttributes`).
        Operation::Comment
        | Operation::CreateStatistics
        | Operation::Vacuum
        | Operation::Publish
        | Operation::NewChild
        | Operation::DropIndex { concurrently: true } => alone(ShareUpdateExclusive),
        Operation::Analyze
        | Operation::CreateIndex { concurrently: true, .. }
        | Operation::Reindex { concurrently: true } => family(ShareUpdateExclusive),
        // "Acquired by CREATE INDEX (without CONCURRENTLY)"; REINDEX "locks out writes but not reads".
        Operation::CreateIndex { concurrently: false, .. }
        | Operation::Reindex { concurrently: false } => family(Share),
        // "Acquired by CREATE TRIGGER and some forms of ALTER TABLE"; "Addition of a foreign key
        // constraint requires a SHARE ROW EXCLUSIVE lock on the referenced table", in CREATE TABLE too.
        Operation::Referenced { .. } | Operation::CreateTrigger => family(ShareRowExclusive),
        // "Acquired by REFRESH MATERIALIZED VIEW CONCURRENTLY".
        Operation::Refresh { concurrently: true } => alone(Exclusive),
        // "Acquired by the DROP TABLE, TRUNCATE, REINDEX, CLUSTER, VACUUM FULL, and REFRESH
        // MATERIALIZED VIEW (without CONCURRENTLY) commands"; DROP INDEX "acquires an ACCESS EXCLUSIVE
        // lock on the table"; PARTITION OF "requires taking an ACCESS EXCLUSIVE lock on the parent";
        // policies, rules, dropped triggers, replaced views (`RangeVarCallbackForPolicy`,
        // `DefineQueryRewrite`, `RemoveTriggerById`, `DefineVirtualRelation`).
        Operation::Drop { .. } | Operation::Truncate { .. } => family(AccessExclusive),
        Operation::Rewrite
        | Operation::Refresh { concurrently: false }
        | Operation::DropIndex { concurrently: false }
        | Operation::NewPartition
        | Operation::ChangeRule
        | Operation::Replace => alone(AccessExclusive),
        Operation::Alter(change) => altered(change),
    }
}

/// ALTER TABLE: "An ACCESS EXCLUSIVE lock is acquired unless explicitly noted."
fn altered(change: &Change) -> Lock {
    match change {
        // "This form acquires only SHARE ROW EXCLUSIVE lock" (triggers); ADD FOREIGN KEY.
        Change::AddForeignKey { .. } | Change::Trigger => family(ShareRowExclusive),
        // "This command acquires a SHARE UPDATE EXCLUSIVE lock."
        Change::ValidateConstraint { .. } => family(ShareUpdateExclusive),
        // The same of SET STATISTICS, CLUSTER ON and the storage parameters; "on the parent" of ATTACH.
        Change::Settings
        | Change::AttachPartition
        | Change::DetachPartition { concurrently: true } => alone(ShareUpdateExclusive),
        Change::DetachPartition { concurrently: false }
        | Change::Alone
        | Change::Rename { .. }
        | Change::SetSchema { .. }
        | Change::Move => alone(AccessExclusive),
        Change::AddColumn(_)
        | Change::DropColumn { .. }
        | Change::SetType(_)
        | Change::SetNotNull { .. }
        | Change::AddCheck { .. }
        | Change::AddIndexConstraint { .. }
        | Change::DropConstraint { .. }
        | Change::AttachedPartition
        | Change::SetExpression
        | Change::Other => family(AccessExclusive),
    }
}

/// What other sessions cannot do with the table meanwhile.
pub(super) fn blocks(mode: LockMode) -> super::Blocks {
    match mode {
        AccessShare | RowShare | RowExclusive => super::Blocks::Nothing,
        ShareUpdateExclusive => super::Blocks::SchemaChanges,
        Share | ShareRowExclusive | Exclusive => super::Blocks::Writes,
        AccessExclusive => super::Blocks::ReadsAndWrites,
    }
}
