use std::fmt;

use squawk_syntax::SourceFile;

use super::head::Head;
use super::{names, relations};

/// The name of a relation as a statement writes it, folded as PostgreSQL folds it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RelationName {
    /// Its schema, where the text has one.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl RelationName {
    /// Whether the two may name the same relation: a missing schema matches any.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.name == other.name
            && (self.schema == other.schema || self.schema.is_none() || other.schema.is_none())
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The lock modes of a table, weakest first (PostgreSQL, "Explicit Locking").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum LockMode {
    /// SELECT.
    #[serde(rename = "AccessShareLock")]
    AccessShare,
    /// SELECT FOR UPDATE and the checks of foreign keys.
    #[serde(rename = "RowShareLock")]
    RowShare,
    /// INSERT, UPDATE, DELETE.
    #[serde(rename = "RowExclusiveLock")]
    RowExclusive,
    /// VALIDATE CONSTRAINT, CREATE INDEX CONCURRENTLY, COMMENT.
    #[serde(rename = "ShareUpdateExclusiveLock")]
    ShareUpdateExclusive,
    /// CREATE INDEX.
    #[serde(rename = "ShareLock")]
    Share,
    /// A new foreign key, CREATE TRIGGER.
    #[serde(rename = "ShareRowExclusiveLock")]
    ShareRowExclusive,
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY.
    #[serde(rename = "ExclusiveLock")]
    Exclusive,
    /// Most of ALTER TABLE, DROP TABLE, TRUNCATE.
    #[serde(rename = "AccessExclusiveLock")]
    AccessExclusive,
}

/// One thing that a statement does to one relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touch {
    /// The relation, by the name that is written.
    pub relation: RelationName,
    /// What is done to it.
    pub operation: Operation,
    /// Where that stands, in bytes from the start of the statement.
    pub offset: usize,
}

/// What is done to a relation, as far as locks differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    ReadForUpdate,
    Write {
        inserts: bool,
    },
    Lock(LockMode),
    /// It becomes the target of a foreign key.
    Referenced {
        valid: bool,
    },
    NewPartition,
    NewChild,
    CreateIndex {
        concurrently: bool,
        unique: bool,
    },
    DropIndex {
        concurrently: bool,
    },
    Reindex {
        concurrently: bool,
    },
    Drop {
        cascade: bool,
    },
    Truncate {
        cascade: bool,
    },
    Alter(Change),
    CreateTrigger,
    ChangeRule,
    Comment,
    CommentOnPart,
    CreateStatistics,
    Analyze,
    Vacuum,
    Rewrite,
    Refresh {
        concurrently: bool,
    },
    Replace,
    Publish,
}

/// One action of ALTER TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    AddColumn(Box<Extra>),
    DropColumn {
        column: String,
        optional: bool,
    },
    SetType(Box<SetType>),
    SetNotNull {
        column: String,
    },
    /// ADD CONSTRAINT … CHECK or, from PostgreSQL 18, NOT NULL.
    AddCheck {
        valid: bool,
    },
    AddForeignKey {
        valid: bool,
    },
    AddIndexConstraint {
        using_index: bool,
    },
    ValidateConstraint {
        name: String,
    },
    DropConstraint {
        name: String,
    },
    AttachPartition,
    AttachedPartition,
    DetachPartition {
        concurrently: bool,
    },
    SetExpression,
    /// SET LOGGED, SET UNLOGGED, SET TABLESPACE, SET ACCESS METHOD.
    Move,
    Trigger,
    /// SET STATISTICS, CLUSTER ON and the storage parameters: nothing that a writer would see.
    Settings,
    Rename {
        to: String,
    },
    SetSchema {
        to: String,
    },
    /// RENAME COLUMN and CONSTRAINT, OWNER, row security, rules: this relation and no partition.
    Alone,
    /// Whatever else changes the catalogue only.
    Other,
}

/// A column that ALTER TABLE adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extra {
    pub column: String,
    /// IF NOT EXISTS.
    pub optional: bool,
    pub data_type: String,
    pub default: Default,
    pub marks: Vec<Mark>,
}

/// What is said of a new column beside its type and default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    NotNull,
    /// GENERATED ALWAYS AS (…) STORED, AS IDENTITY, or a serial type.
    Computed,
    Check,
    /// PRIMARY KEY, UNIQUE or EXCLUDE.
    Index,
    References,
}

/// What a new column holds in the rows that are already there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Default {
    Null,
    /// The functions that the expression calls; none when it is a constant.
    Expression {
        calls: Vec<String>,
    },
}

/// ALTER COLUMN … TYPE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetType {
    pub column: String,
    pub data_type: String,
    /// USING, unless it only names the column, with or without a cast to the new type.
    pub computed: bool,
}

/// What the text of one statement says.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The statement in one short line.
    pub summary: String,
    /// What it creates or drops, if that is what it does.
    pub head: Head,
    /// What it does to which relation.
    pub touches: Vec<Touch>,
    /// Of a DO block: every word in it that may be the name of a table.
    pub mentions: Option<Vec<RelationName>>,
}

impl Reading {
    /// Reads one statement.
    pub(crate) fn of(sql: &str) -> Self {
        let tree = SourceFile::parse(sql).tree();
        let touches = tree.stmts().next().map(|it| relations::touches(&it)).unwrap_or_default();
        let head = Head::of(sql);
        Self { summary: head.summary(sql), touches, mentions: names::mentions(sql), head }
    }
}
