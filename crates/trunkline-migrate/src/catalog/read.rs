use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::{Catalog, CatalogError, Object, Table};

/// Which objects are read.
#[derive(Debug, Clone)]
pub enum Scope {
    /// All but PostgreSQL's own and those of extensions.
    Everything,
    /// Those named, as a [`Catalog`] names them, where they exist.
    Named(Names),
}

/// The names of a [`Scope`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Tables, views and sequences.
    pub relations: Vec<String>,
    /// Functions and procedures with their argument types.
    pub functions: Vec<String>,
    /// Types and domains.
    pub types: Vec<String>,
    /// Schemas.
    pub schemas: Vec<String>,
    /// Extensions.
    pub extensions: Vec<String>,
}

impl Scope {
    /// All that `catalog` names, and the tables that its foreign keys reference.
    pub fn of(catalog: &Catalog) -> Self {
        let referenced = catalog
            .tables
            .values()
            .flat_map(|table| table.constraints.values())
            .filter_map(|constraint| constraint.references.clone());
        let mut relations: Vec<String> = catalog
            .tables
            .keys()
            .chain(catalog.views.keys())
            .chain(catalog.sequences.keys())
            .cloned()
            .chain(referenced)
            .collect();
        relations.sort();
        relations.dedup();
        Self::Named(Names {
            relations,
            functions: catalog.functions.keys().cloned().collect(),
            types: catalog.types.keys().cloned().collect(),
            schemas: catalog.schemas.keys().cloned().collect(),
            extensions: catalog.extensions.keys().cloned().collect(),
        })
    }

    fn names(&self, pick: impl Fn(&Names) -> &Vec<String>) -> Option<&Vec<String>> {
        match self {
            Self::Everything => None,
            Self::Named(names) => Some(pick(names)),
        }
    }
}

type Setting = (String, String);

/// The settings under which PostgreSQL prints a definition always alike, and qualifies each name.
const CANONICAL: [(&str, &str); 7] = [
    ("search_path", ""),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("quote_all_identifiers", "off"),
];

const CHOSEN: &str = include_str!("queries/chosen.sql");

/// The queries over relations, in the order in which [`Catalog::read`] takes them apart.
const RELATIONS: [&str; 8] = [
    include_str!("queries/tables.sql"),
    include_str!("queries/columns.sql"),
    include_str!("queries/constraints.sql"),
    include_str!("queries/indexes.sql"),
    include_str!("queries/triggers.sql"),
    include_str!("queries/policies.sql"),
    include_str!("queries/views.sql"),
    include_str!("queries/sequences.sql"),
];

impl Catalog {
    /// Reads the catalogue of the database in three round trips.
    ///
    /// Must be called inside a transaction, which may be READ ONLY: the settings on which
    /// PostgreSQL's texts depend are changed for the time of the reading, and put back. Any login may read: no right on the tables is needed.
    pub async fn read(client: &Client, scope: &Scope) -> Result<Self, CatalogError> {
        let canonical: Vec<Setting> =
            CANONICAL.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let earlier = apply(client, &canonical).await?;
        let catalog = Self::read_canonical(client, scope).await?;
        if apply(client, &earlier).await? != canonical {
            return Err(CatalogError::NoTransaction);
        }
        Ok(catalog)
    }

    async fn read_canonical(client: &Client, scope: &Scope) -> Result<Self, CatalogError> {
        let relations = scope.names(|names| &names.relations);
        let mut asked: Vec<(String, Option<&Vec<String>>)> =
            RELATIONS.iter().map(|query| (format!("{CHOSEN}{query}"), relations)).collect();
        let others = [
            (include_str!("queries/functions.sql"), scope.names(|names| &names.functions)),
            (include_str!("queries/types.sql"), scope.names(|names| &names.types)),
            (include_str!("queries/schemas.sql"), scope.names(|names| &names.schemas)),
            (include_str!("queries/extensions.sql"), scope.names(|names| &names.extensions)),
        ];
        asked.extend(others.map(|(query, names)| (query.to_owned(), names)));
        // Sent together: the server answers all of them in one round trip.
        let answers = try_join_all(asked.iter().map(|(query, names)| async move {
            if names.is_some_and(Vec::is_empty) {
                return Ok(Vec::new());
            }
            client.query_typed(query, &[(names as &(dyn ToSql + Sync), Type::TEXT_ARRAY)]).await
        }))
        .await?;
        Self::assemble(answers)
    }

    fn assemble(answers: Vec<Vec<Row>>) -> Result<Self, CatalogError> {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let mut tables: BTreeMap<String, Table> = top_level(&next())?;
        for (table, _, column) in shapes(&next())? {
            within(&mut tables, &table, |found| found.columns.push(column));
        }
        for (table, name, constraint) in shapes(&next())? {
            within(&mut tables, &table, |found| {
                found.constraints.insert(name, constraint);
            });
        }
        let mut indexes_of_views = Vec::new();
        for (table, name, index) in shapes(&next())? {
            match tables.get_mut(&table) {
                Some(found) => drop(found.indexes.insert(name, index)),
                None => indexes_of_views.push((table, name, index)),
            }
        }
        for (table, name, trigger) in shapes(&next())? {
            within(&mut tables, &table, |found| {
                found.triggers.insert(name, trigger);
            });
        }
        for (table, name, policy) in shapes(&next())? {
            within(&mut tables, &table, |found| {
                found.policies.insert(name, policy);
            });
        }
        let mut views: BTreeMap<String, Object> = top_level(&next())?;
        for (view, name, index) in indexes_of_views {
            if let Some(view) = views.get_mut(&view) {
                view.indexes.insert(name, index);
            }
        }
        Ok(Self {
            tables,
            views,
            sequences: top_level(&next())?,
            functions: top_level(&next())?,
            types: top_level(&next())?,
            schemas: top_level(&next())?,
            extensions: top_level(&next())?,
        })
    }
}

/// Applies `settings` for the rest of the transaction, and returns what they were.
async fn apply(client: &Client, settings: &[Setting]) -> Result<Vec<Setting>, CatalogError> {
    let (names, values): (Vec<&str>, Vec<&str>) =
        settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).unzip();
    let rows = client
        .query_typed(
            include_str!("queries/settings.sql"),
            &[(&names, Type::TEXT_ARRAY), (&values, Type::TEXT_ARRAY)],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn within(tables: &mut BTreeMap<String, Table>, name: &str, change: impl FnOnce(&mut Table)) {
    if let Some(table) = tables.get_mut(name) {
        change(table);
    }
}

fn top_level<T: DeserializeOwned>(rows: &[Row]) -> Result<BTreeMap<String, T>, CatalogError> {
    Ok(shapes(rows)?.into_iter().map(|(_, name, shape)| (name, shape)).collect())
}

/// The rows of a query as owner, name and shape.
fn shapes<T: DeserializeOwned>(rows: &[Row]) -> Result<Vec<(String, String, T)>, CatalogError> {
    rows.iter().map(|row| Ok((row.get(0), row.get(1), serde_json::from_str(row.get(2))?))).collect()
}
