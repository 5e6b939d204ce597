//! Types, functions and sequences that only archived tables use: they go aside and come back with them.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::archive::{Archive, archive_schema, create_schema};
use crate::sql::quote;

/// A type, function or sequence in an archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArchivedObject {
    /// What it is.
    pub kind: Kind,
    /// The schema it came from and goes back to.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The schema it is in now.
    pub archive_schema: String,
}

/// What may go aside with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An enum, domain, composite or range type.
    Type,
    /// A function, procedure or aggregate.
    Function,
    /// A sequence that no column owns.
    Sequence,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Function => "function",
            Self::Sequence => "sequence",
        }
    }

    /// Its word in ALTER and DROP, for all that the kind covers.
    fn keyword(self) -> &'static str {
        match self {
            Self::Type => "TYPE",
            Self::Function => "ROUTINE",
            Self::Sequence => "SEQUENCE",
        }
    }

    /// Its catalogue, and the columns for schema and name there.
    fn catalogue(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Type => ("pg_type", "typnamespace", "typname"),
            Self::Function => ("pg_proc", "pronamespace", "proname"),
            Self::Sequence => ("pg_class", "relnamespace", "relname"),
        }
    }

    /// The function that finds one by the name in a DROP statement.
    fn resolver(self, name: &str) -> &'static str {
        match self {
            Self::Type => "to_regtype",
            Self::Function if name.contains('(') => "to_regprocedure",
            Self::Function => "to_regproc",
            Self::Sequence => "to_regclass",
        }
    }
}

/// The schemas of everything that depends on the object `o`; NULL for what has none.
const USERS: &str = "SELECT (SELECT nspname FROM pg_namespace \
            WHERE oid = coalesce(c.relnamespace, p.pronamespace, t.typnamespace)) AS schema \
     FROM pg_depend d \
     LEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid \
     LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid \
     LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid \
     LEFT JOIN pg_policy y ON d.classid = 'pg_policy'::regclass AND y.oid = d.objid \
     LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid \
     LEFT JOIN pg_class c ON c.oid = coalesce(a.adrelid, nullif(k.conrelid, 0), g.tgrelid, \
         y.polrelid, r.ev_class, CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END) \
     LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid \
     LEFT JOIN pg_type t ON t.oid = coalesce(nullif(k.contypid, 0), \
         CASE WHEN d.classid = 'pg_type'::regclass THEN d.objid END) \
     WHERE d.refclassid = o.tableoid AND d.deptype IN ('n', 'a') \
       AND d.refobjid IN (o.oid, (SELECT typarray FROM pg_type \
                                  WHERE oid = o.oid AND o.tableoid = 'pg_type'::regclass)) \
       AND (t.oid IS DISTINCT FROM o.oid OR o.tableoid <> 'pg_type'::regclass)";

/// Moves what `name` means in a DROP statement to the archive, unless something outside uses it.
///
/// What nothing uses goes too: a function that only the application calls is missed when the tables are back.
pub(super) async fn follow(
    client: &Client,
    archive: &mut Archive,
    kind: Kind,
    name: &str,
) -> Result<bool, tokio_postgres::Error> {
    let condition = format!(
        "o.oid = {resolver}($1) \
         AND {used_inside}",
        resolver = kind.resolver(name),
        used_inside = used_inside(),
    );
    take(client, archive, kind, &condition, name).await
}

/// Moves the functions to the archive that take or return rows of its table `name`, which DROP … CASCADE
/// would drop with it, unless something else uses them.
pub(super) async fn follow_cascade(
    client: &Client,
    archive: &mut Archive,
    name: &str,
) -> Result<bool, tokio_postgres::Error> {
    let condition = format!(
        "o.oid IN (SELECT d.objid FROM pg_depend d \
                   JOIN pg_type t ON d.refobjid IN (t.oid, t.typarray) \
                   JOIN pg_class c ON c.reltype = t.oid \
                   JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass \
                     AND c.relname = $1 AND n.nspname = ANY ($2)) \
         AND n.nspname <> ALL ($2) \
         AND {}",
        used_inside()
    );
    take(client, archive, Kind::Function, &condition, name).await
}

/// Whether nothing outside the archive's schemas, `$2`, uses the object `o`.
fn used_inside() -> String {
    format!(
        "(SELECT coalesce(bool_and(coalesce(u.schema = ANY ($2), false)), true) FROM ({USERS}) AS u)"
    )
}

/// Moves everything of a kind that meets `condition`, where `$1` is `name` and `$2` the archive's schemas.
async fn take(
    client: &Client,
    archive: &mut Archive,
    kind: Kind,
    condition: &str,
    name: &str,
) -> Result<bool, tokio_postgres::Error> {
    let schemas: Vec<String> = archive.schemas().into_iter().collect();
    let (catalogue, namespace, own_name) = kind.catalogue();
    let query = format!(
        "SELECT n.nspname::text, o.{own_name}::text, \
                (pg_identify_object(o.tableoid, o.oid, 0)).identity \
         FROM {catalogue} o JOIN pg_namespace n ON n.oid = o.{namespace} \
         WHERE {condition}"
    );
    let rows =
        client.query_typed(&query, &[(&name, Type::TEXT), (&schemas, Type::TEXT_ARRAY)]).await?;
    for row in &rows {
        let (schema, name, identity): (String, String, String) =
            (row.get(0), row.get(1), row.get(2));
        let archive_schema = archive_schema(&archive.name, &schema);
        create_schema(client, &archive_schema).await?;
        move_to(client, kind, &identity, &archive_schema).await?;
        archive.objects.push(ArchivedObject { kind, schema, name, archive_schema });
    }
    Ok(!rows.is_empty())
}

/// Records what went aside with the tables of an archive, and what the scripts did beside.
pub(super) async fn record(
    client: &Client,
    archive: &Archive,
) -> Result<(), tokio_postgres::Error> {
    if archive.objects.is_empty() && archive.statements.is_empty() {
        return Ok(());
    }
    client
        .execute_typed(
            "UPDATE trunkline.migration_archives SET objects = $2, statements = $3 WHERE name = $1",
            &[
                (&archive.name, Type::TEXT),
                (&serde_json::json!(archive.objects), Type::JSONB),
                (&serde_json::json!(archive.statements), Type::JSONB),
            ],
        )
        .await
        .map(|_| ())
}

impl fmt::Display for ArchivedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.{}", self.kind.word(), self.schema, self.name)
    }
}

impl ArchivedObject {
    /// Drops what stands where this belongs, unless it is used.
    pub(super) async fn make_room(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        let (catalogue, namespace, own_name) = self.kind.catalogue();
        // A function is the same when its arguments are, apart from the schemas of their types.
        let same = match self.kind {
            Kind::Function => {
                "replace(oidvectortypes(o.proargtypes), quote_ident($1) || '.', '') \
                 = replace(oidvectortypes(a.proargtypes), quote_ident($3) || '.', '')"
            }
            Kind::Type | Kind::Sequence => "true",
        };
        let query = format!(
            "SELECT (pg_identify_object(o.tableoid, o.oid, 0)).identity \
             FROM {catalogue} o, {catalogue} a \
             WHERE o.{own_name} = $2 AND a.{own_name} = $2 \
               AND o.{namespace} = (SELECT oid FROM pg_namespace WHERE nspname = $1) \
               AND a.{namespace} = (SELECT oid FROM pg_namespace WHERE nspname = $3) \
               AND {same}"
        );
        let rows = client
            .query_typed(
                &query,
                &[
                    (&self.schema, Type::TEXT),
                    (&self.name, Type::TEXT),
                    (&self.archive_schema, Type::TEXT),
                ],
            )
            .await?;
        for row in rows {
            let identity: String = row.get(0);
            client.batch_execute(&format!("DROP {} {identity}", self.kind.keyword())).await?;
        }
        Ok(())
    }

    /// Moves this back to the schema it came from; nothing, when it gave way to another.
    pub(super) async fn move_back(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        for identity in self.archived(client).await? {
            move_to(client, self.kind, &identity, &self.schema).await?;
        }
        Ok(())
    }

    /// Drops this where it is; PostgreSQL refuses while an archived table uses it.
    pub(super) async fn drop_archived(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        for identity in self.archived(client).await? {
            client.batch_execute(&format!("DROP {} {identity}", self.kind.keyword())).await?;
        }
        Ok(())
    }

    /// As what it stands in the archive: the types of a function's arguments may have moved since, and with them its
    /// identity.
    async fn archived(&self, client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
        let (catalogue, namespace, own_name) = self.kind.catalogue();
        let query = format!(
            "SELECT (pg_identify_object(o.tableoid, o.oid, 0)).identity \
             FROM {catalogue} o JOIN pg_namespace n ON n.oid = o.{namespace} \
             WHERE n.nspname = $1 AND o.{own_name} = $2"
        );
        let rows = client
            .query_typed(&query, &[(&self.archive_schema, Type::TEXT), (&self.name, Type::TEXT)])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

async fn move_to(
    client: &Client,
    kind: Kind,
    identity: &str,
    schema: &str,
) -> Result<(), tokio_postgres::Error> {
    let sql = format!("ALTER {} {identity} SET SCHEMA {}", kind.keyword(), quote(schema));
    client.batch_execute(&sql).await
}
