use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The canonical shape of a set of database objects.
///
/// Every name is qualified and quoted as SQL needs it (`public.companies`, `public."Order"`), every
/// text is what PostgreSQL prints with an empty `search_path`, so two catalogues of equal databases
/// are equal, whatever the server's version, the login or the order in which things were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Catalog {
    /// Extensions by name; what belongs to one is not listed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: Objects,
    /// Schemas by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: Objects,
    /// Enums, domains, composite and range types.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub types: Objects,
    /// Sequences, apart from those of identity columns.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sequences: Objects,
    /// Functions and procedures by name and argument types: `public.f(integer, text)`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: Objects,
    /// Tables, partitioned ones and partitions too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, Table>,
    /// Views and materialized views.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub views: Objects,
}

/// Objects by qualified name.
pub type Objects = BTreeMap<String, Object>;

/// Anything that is compared by its definition as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Object {
    /// What stands behind CREATE: `VIEW`, `SEQUENCE`, `TYPE`, ….
    pub keyword: String,
    /// What stands behind the name; the whole statement for a function or trigger.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub definition: String,
    /// The column that owns a sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// How a trigger departs from ENABLE: `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<String>,
    /// The major version of the server that printed a view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_by: Option<u32>,
    /// Indexes of a materialized view.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, Index>,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The shape of a table.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of PostgreSQL's own")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    /// The table is somebody else's: only what is listed here was added to it.
    #[serde(skip_serializing_if = "is_false")]
    pub added_to: bool,
    /// UNLOGGED.
    #[serde(skip_serializing_if = "is_false")]
    pub unlogged: bool,
    /// `RANGE (created_at)` of a partitioned table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_key: Option<String>,
    /// `FOR VALUES …` of a partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_bound: Option<String>,
    /// The partitioned table, or the tables inherited from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// Storage parameters: `fillfactor=70`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// ROW LEVEL SECURITY is enabled.
    #[serde(skip_serializing_if = "is_false")]
    pub row_security: bool,
    /// ROW LEVEL SECURITY holds for the owner too.
    #[serde(skip_serializing_if = "is_false")]
    pub force_row_security: bool,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Its columns in their order, which is not compared.
    pub columns: Vec<Column>,
    /// Its constraints by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub constraints: BTreeMap<String, Constraint>,
    /// Its indexes by name, those behind constraints too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, Index>,
    /// Its triggers by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: Objects,
    /// Its row security policies by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: Objects,
}

/// The shape of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// Its name, quoted where SQL needs it.
    pub name: String,
    /// As `format_type` prints it.
    pub data_type: String,
    /// Its collation, when it is not the type's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// NOT NULL.
    #[serde(skip_serializing_if = "is_false")]
    pub not_null: bool,
    /// The default's expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// `GENERATED ALWAYS AS (…) STORED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<String>,
    /// `GENERATED BY DEFAULT AS IDENTITY`, with the options that are not PostgreSQL's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The shape of a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Which kind.
    pub kind: ConstraintKind,
    /// As `pg_get_constraintdef` prints it, without NOT VALID.
    pub definition: String,
    /// NOT VALID: rows from before it were not checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
    /// The disabled triggers of a foreign key, each with its table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled: Vec<DisabledTrigger>,
    /// The columns of a key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The table that a foreign key references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// The columns that a foreign key references.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referenced_columns: Vec<String>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A trigger that does not fire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisabledTrigger {
    /// Its table.
    pub table: String,
    /// Its name.
    pub trigger: String,
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// PRIMARY KEY.
    PrimaryKey,
    /// UNIQUE.
    Unique,
    /// CHECK.
    Check,
    /// EXCLUDE.
    Exclusion,
    /// FOREIGN KEY.
    ForeignKey,
}

/// The shape of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Index {
    /// UNIQUE.
    #[serde(skip_serializing_if = "is_false")]
    pub unique: bool,
    /// What `pg_get_indexdef` prints behind the table's name: `USING btree (company_id)`.
    pub definition: String,
    /// Left behind by a build that failed, or being built now.
    #[serde(skip_serializing_if = "is_false")]
    pub invalid: bool,
    /// The constraint that it enforces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// The table is clustered on it, or replicated by it.
    #[serde(skip_serializing_if = "is_false")]
    pub in_use: bool,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Catalog {
    /// The catalogue in a `catalog.json`.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The text of a `catalog.json`: sorted, indented, ending with a line end.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// What is here and was not in `before`. Of a table that was, what was added or changed.
    #[must_use]
    pub fn subtract(mut self, before: &Self) -> Self {
        for (own, earlier) in [
            (&mut self.extensions, &before.extensions),
            (&mut self.schemas, &before.schemas),
            (&mut self.types, &before.types),
            (&mut self.sequences, &before.sequences),
            (&mut self.functions, &before.functions),
            (&mut self.views, &before.views),
        ] {
            retain_new(own, earlier);
        }
        self.tables.retain(|name, table| {
            before.tables.get(name).is_none_or(|earlier| table.keep_added(earlier))
        });
        self
    }
}

impl Table {
    /// Keeps what `earlier` did not have, and says whether that is anything.
    fn keep_added(&mut self, earlier: &Self) -> bool {
        self.added_to = true;
        self.columns.retain(|column| !earlier.columns.contains(column));
        retain_new(&mut self.constraints, &earlier.constraints);
        retain_new(&mut self.indexes, &earlier.indexes);
        retain_new(&mut self.triggers, &earlier.triggers);
        retain_new(&mut self.policies, &earlier.policies);
        !(self.columns.is_empty()
            && self.constraints.is_empty()
            && self.indexes.is_empty()
            && self.triggers.is_empty()
            && self.policies.is_empty())
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

fn retain_new<T: PartialEq>(own: &mut BTreeMap<String, T>, earlier: &BTreeMap<String, T>) {
    own.retain(|name, shape| earlier.get(name) != Some(shape));
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
