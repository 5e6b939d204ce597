use std::fmt;

use serde::{Serialize, Serializer};

/// One comparison: one row of `migrate verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What sort of object was compared.
    pub kind: CheckKind,
    /// The table (or view, function, …) that it belongs to: `public.dialog_360_clients`.
    pub relation: String,
    /// The object itself: `public.dialog_360_clients.status`.
    pub object: String,
    /// What came out.
    pub result: Outcome,
    /// What the migrations make, where there is something to show.
    pub expected: Option<String>,
    /// What stands in the database.
    pub found: Option<String>,
    /// What a reader should know about it.
    pub note: Option<String>,
    /// The SQL that would mend it; never anything that loses rows.
    pub mend: Option<Mend>,
}

/// The kinds of checks, in the order in which those of one table are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// An extension.
    Extension,
    /// A schema.
    Schema,
    /// An enum, domain, composite or range type.
    Type,
    /// A sequence that no identity column owns.
    Sequence,
    /// A function or procedure.
    Function,
    /// A table: present, and its storage, partitioning and row security.
    Table,
    /// A column: type, collation, default, identity, nullability.
    Column,
    /// A primary key.
    PrimaryKey,
    /// A UNIQUE constraint.
    Unique,
    /// A CHECK.
    Check,
    /// An EXCLUDE constraint.
    Exclusion,
    /// A foreign key with its actions.
    ForeignKey,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
    /// A row security policy.
    Policy,
    /// A view or materialized view.
    View,
    /// A comment.
    Comment,
    /// That the rows of a foreign key have the rows they refer to.
    Reference,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As the migrations make it.
    Ok,
    /// Not there.
    Missing,
    /// There, and not as the migrations make it.
    Different,
    /// There, and not made by the migrations: kept, and no error.
    Extra,
}

impl Outcome {
    /// Whether the database lacks what the migrations promise.
    pub fn is_error(self) -> bool {
        matches!(self, Self::Missing | Self::Different)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Different => "different",
            Self::Extra => "extra",
        })
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Extension => "extension",
            Self::Schema => "schema",
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Table => "table",
            Self::Column => "column",
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique",
            Self::Check => "check",
            Self::Exclusion => "exclusion",
            Self::ForeignKey => "foreign key",
            Self::Index => "index",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::View => "view",
            Self::Comment => "comment",
            Self::Reference => "reference",
        })
    }
}

/// The SQL that mends one difference: statements, each with its place in the whole script.
///
/// Displayed and serialised as its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    steps: Vec<(Phase, String)>,
}

/// Where a statement stands in [`mends`]: what is depended on comes before what depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Extensions, schemas, then types, by their own order.
    Extension,
    Schema,
    Type,
    Sequence,
    EarlyFunction,
    Table,
    Partition,
    /// What stands in the way of the alterations.
    DropForeignKey,
    DropDependent,
    Rename,
    AddColumn,
    AlterColumn,
    AlterTable,
    Function,
    Key,
    Constraint,
    Index,
    /// Rows to decide about before foreign keys are validated.
    Reference,
    ForeignKey,
    View,
    ViewIndex,
    Trigger,
    Comment,
    Redundant,
}

impl Mend {
    pub(super) fn new(phase: Phase, sql: impl Into<String>) -> Self {
        Self { steps: vec![(phase, sql.into())] }
    }

    pub(super) fn then(mut self, phase: Phase, sql: impl Into<String>) -> Self {
        self.steps.push((phase, sql.into()));
        self
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.steps.iter().map(|(_, sql)| sql.as_str()).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl Serialize for Mend {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Every mend as one script for `psql`, in an order in which it runs from top to bottom.
///
/// Not to be wrapped in a transaction: it builds indexes CONCURRENTLY. Empty when nothing is to mend.
pub fn mends(checks: &[Check]) -> String {
    let mut steps: Vec<&(Phase, String)> =
        checks.iter().filter_map(|check| check.mend.as_ref()).flat_map(|m| &m.steps).collect();
    // Stable: within a phase the order of the checks is kept.
    steps.sort_by_key(|(phase, _)| *phase);
    let mut script = String::new();
    if steps.iter().any(|(phase, _)| matches!(phase, Phase::EarlyFunction | Phase::Function)) {
        script += "SET check_function_bodies = off;\n";
    }
    for (_, sql) in steps {
        script += sql;
        script.push('\n');
    }
    script
}

impl Check {
    pub(super) fn new(kind: CheckKind, relation: &str, name: &str, result: Outcome) -> Self {
        Self {
            kind,
            relation: relation.to_owned(),
            object: if name.is_empty() {
                relation.to_owned()
            } else {
                format!("{relation}.{name}")
            },
            result,
            expected: None,
            found: None,
            note: None,
            mend: None,
        }
    }

    pub(super) fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(text.into());
        self
    }

    pub(super) fn found(mut self, text: impl Into<String>) -> Self {
        self.found = Some(text.into());
        self
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(match self.note {
            Some(note) => format!("{note}; {}", text.into()),
            None => text.into(),
        });
        self
    }

    pub(super) fn mend(mut self, mend: Mend) -> Self {
        self.mend = Some(mend);
        self
    }
}
