use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::check::{Check, CheckKind, Mend, Outcome, Phase};
use super::{Catalog, CatalogError, Constraint, ConstraintKind, Scope, Table};

const EXAMPLES: usize = 5;

/// Counts, for each foreign key that the migrations make, the rows that refer to a row that is not
/// there.
///
/// The constraint is not trusted: it may be missing, NOT VALID, or bypassed by a restore with its
/// triggers off. One anti-join per foreign key. Must be called inside a transaction, which may be
/// READ ONLY; a table that the login may not read is reported, not tried.
pub async fn orphans(client: &Client, expected: &Catalog) -> Result<Vec<Check>, CatalogError> {
    let found = Catalog::read(client, &Scope::of(expected)).await?;
    orphans_among(client, expected, &found).await
}

pub(super) async fn orphans_among(
    client: &Client,
    expected: &Catalog,
    found: &Catalog,
) -> Result<Vec<Check>, CatalogError> {
    let references = Reference::all(expected, found);
    let visible = Visibility::read(client, &references).await?;
    let counted = references.iter().map(|reference| async {
        match visible.obstacle(reference) {
            Some(obstacle) => Ok(obstacle),
            None => reference.count(client).await,
        }
    });
    try_join_all(counted).await
}

/// A foreign key whose two tables are there with the columns that it needs.
struct Reference<'a> {
    table: &'a str,
    constraint: &'a Constraint,
    parent: &'a str,
    /// The columns by which a row of `table` is named.
    key: &'a [String],
    /// Whether the two sides can be compared at all.
    comparable: bool,
}

impl<'a> Reference<'a> {
    fn all(expected: &'a Catalog, found: &'a Catalog) -> Vec<Self> {
        let keys = expected.tables.iter().flat_map(|(table, shape)| {
            shape.constraints.values().map(move |constraint| (table, constraint))
        });
        keys.filter_map(|(table, constraint)| Self::of(table, constraint, found)).collect()
    }

    fn of(table: &'a str, constraint: &'a Constraint, found: &'a Catalog) -> Option<Self> {
        let parent = constraint.references.as_deref()?;
        let (child_shape, parent_shape) = (found.tables.get(table)?, found.tables.get(parent)?);
        let child_types = types(child_shape, &constraint.columns)?;
        let parent_types = types(parent_shape, &constraint.referenced_columns)?;
        let primary = child_shape
            .constraints
            .values()
            .find(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
        Some(Self {
            table,
            constraint,
            parent,
            key: primary.map_or(&[], |primary| &primary.columns),
            comparable: child_types.iter().zip(&parent_types).all(|(one, other)| alike(one, other)),
        })
    }

    fn check(&self, result: Outcome) -> Check {
        let columns = self.constraint.columns.join(", ");
        Check::new(CheckKind::Reference, self.table, &columns, result)
            .expected(format!("every {columns} has its row in {}", self.parent))
    }

    async fn count(&self, client: &Client) -> Result<Check, CatalogError> {
        let key: Vec<String> = self.key.iter().map(|column| format!("child.{column}")).collect();
        let key = if key.is_empty() { "child.ctid".to_owned() } else { key.join(", ") };
        let counted = format!(
            "SELECT count(*)::text, string_agg(example, ', ' ORDER BY number) FILTER (WHERE number <= {EXAMPLES})\n\
             FROM (\n\
             SELECT concat_ws('/', {key}) AS example, row_number() OVER (ORDER BY {key}) AS number\n\
             {}) AS orphan",
            self.orphan_rows()
        );
        let row = client.query_typed_one(&counted, &[]).await?;
        let (count, examples): (String, Option<String>) = (row.get(0), row.get(1));
        if count == "0" {
            return Ok(self.check(Outcome::Ok).found("every one"));
        }
        let columns = self.constraint.columns.join(", ");
        let rows = if count == "1" { "1 row has" } else { &format!("{count} rows have") };
        let named = if self.key.is_empty() { "ctid".to_owned() } else { self.key.join("/") };
        let more =
            if count.parse().is_ok_and(|count: usize| count > EXAMPLES) { ", …" } else { "" };
        let select = format!("SELECT child.*\n{};", self.orphan_rows()).replace('\n', "\n-- ");
        Ok(self
            .check(Outcome::Different)
            .found(format!("{rows} a {columns} without its row in {}", self.parent))
            .note(format!("{named} {}{more}", examples.unwrap_or_default()))
            .mend(Mend::new(
                Phase::Reference,
                format!("-- Decide what becomes of these rows of {}:\n-- {select}", self.table),
            )))
    }

    fn orphan_rows(&self) -> String {
        let columns = &self.constraint.columns;
        let given: Vec<String> =
            columns.iter().map(|column| format!("child.{column} IS NOT NULL")).collect();
        let pairs = columns.iter().zip(&self.constraint.referenced_columns);
        let equal: Vec<String> =
            pairs.map(|(own, theirs)| format!("parent.{theirs} = child.{own}")).collect();
        format!(
            "FROM {} AS child\n\
             WHERE {}\n    AND NOT EXISTS (SELECT FROM {} AS parent WHERE {})",
            self.table,
            given.join(" AND "),
            self.parent,
            equal.join(" AND ")
        )
    }
}

fn types<'a>(table: &'a Table, columns: &[String]) -> Option<Vec<&'a str>> {
    columns.iter().map(|name| table.column(name).map(|c| c.data_type.as_str())).collect()
}

/// Whether `=` stands between two types: a query that fails would end the caller's transaction.
fn alike(one: &str, other: &str) -> bool {
    let family = |name: &str| match name {
        "smallint" | "integer" | "bigint" => "integer".to_owned(),
        "text" => "text".to_owned(),
        name if name.starts_with("character varying") => "text".to_owned(),
        name => name.to_owned(),
    };
    family(one) == family(other)
}

/// What the login may read, by table.
struct Visibility {
    readable: BTreeSet<String>,
    /// Tables of which row security hides rows.
    filtered: BTreeSet<String>,
    login: String,
}

impl Visibility {
    async fn read(client: &Client, references: &[Reference<'_>]) -> Result<Self, CatalogError> {
        let mut needed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for reference in references {
            let own = reference.constraint.columns.iter().chain(reference.key);
            needed.entry(reference.table).or_default().extend(own.map(String::as_str));
            let theirs = reference.constraint.referenced_columns.iter().map(String::as_str);
            needed.entry(reference.parent).or_default().extend(theirs);
        }
        let (tables, columns): (Vec<&str>, Vec<&str>) = needed
            .iter()
            .flat_map(|(table, columns)| columns.iter().map(move |column| (*table, *column)))
            .unzip();
        let rows = client
            .query_typed(
                include_str!("queries/visibility.sql"),
                &[(&tables, Type::TEXT_ARRAY), (&columns, Type::TEXT_ARRAY)],
            )
            .await?;
        let mut seen = Self {
            readable: BTreeSet::new(),
            filtered: BTreeSet::new(),
            login: rows.first().map(|row| row.get("login")).unwrap_or_default(),
        };
        for row in &rows {
            let table: String = row.get("name");
            if row.get("filtered") {
                seen.filtered.insert(table.clone());
            }
            if row.get("readable") {
                seen.readable.insert(table);
            }
        }
        Ok(seen)
    }

    fn obstacle(&self, reference: &Reference<'_>) -> Option<Check> {
        let check = || reference.check(Outcome::Different);
        if !reference.comparable {
            return Some(check().found("not checked: the two columns are of different types"));
        }
        let hidden =
            [reference.table, reference.parent].into_iter().find(|t| !self.readable.contains(*t));
        if let Some(table) = hidden {
            let grant = format!("GRANT SELECT ON {table} TO {};", self.login);
            return Some(
                check()
                    .found(format!("not checked: this login may not read {table}"))
                    .mend(Mend::new(Phase::Reference, grant)),
            );
        }
        let filtered =
            [reference.table, reference.parent].into_iter().find(|t| self.filtered.contains(*t))?;
        Some(check().found(format!("not checked: row security hides rows of {filtered}")))
    }
}
