use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::snapshot::list_tables;
use super::{CONTRACT_TABLES, Contents, Extent, Reference, literal, quote};
use crate::StoreError;

/// Something that is missing, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// A sentence.
    pub what: String,
    /// A command.
    pub hint: String,
}

/// What a restore would meet in a database.
#[derive(Debug, Default)]
pub struct TargetState {
    /// What stands in the way: tables that are there already, else schemas that the backup makes.
    pub occupied: Vec<String>,
    /// What must be there first and is not.
    pub lacking: Vec<Lacking>,
}

impl TargetState {
    /// Looks whether a backup of `extent` could be restored here.
    pub async fn inspect(
        client: &Client,
        extent: Extent,
        expected: &[Contents],
        references: &[Reference],
        roles: &[String],
    ) -> Result<Self, StoreError> {
        let occupied = list_tables(client, extent, "'r', 'p', 'v', 'm', 'f'").await?;
        let mut occupied: Vec<String> = occupied.iter().map(ToString::to_string).collect();
        if occupied.is_empty() {
            occupied = existing_schemas(client, expected).await?;
        }
        let mut state = Self { occupied, lacking: missing_writing_rights(client, expected).await? };
        let login = current_user(client).await?;
        for reference in references {
            state.lacking.extend(missing_rows(client, reference, &login).await?);
        }
        state.lacking.extend(missing_roles(client, roles).await?);
        Ok(state)
    }
}

async fn current_user(client: &Client) -> Result<String, StoreError> {
    let row = client.query_typed_one("SELECT current_user::TEXT", &[]).await;
    Ok(row.map_err(StoreError::query("ask for the login's name"))?.get(0))
}

/// Schemas that a backup makes, and that are there.
async fn existing_schemas(
    client: &Client,
    expected: &[Contents],
) -> Result<Vec<String>, StoreError> {
    let schemas: Vec<&str> = expected.iter().map(|it| it.table.schema.as_str()).collect();
    let query = "
        SELECT format('schema %I', nspname)
        FROM pg_namespace
        WHERE nspname = ANY ($1) AND nspname <> 'public'
        ORDER BY nspname";
    let rows = client.query_typed(query, &[(&schemas, Type::TEXT_ARRAY)]).await;
    let rows = rows.map_err(StoreError::query("look at the schemas"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn missing_rows(
    client: &Client,
    reference: &Reference,
    login: &str,
) -> Result<Option<Lacking>, StoreError> {
    let (table, column) = (&reference.table, &reference.column);
    for right in ["SELECT", "REFERENCES"] {
        if reference.may(client, right).await? == Some(false) {
            return Ok(Some(Lacking {
                what: format!("the login may not refer to {table}: it lacks the right {right}"),
                hint: format!(
                    "as the owner: GRANT SELECT, REFERENCES ON {} TO {};",
                    table.quoted(),
                    quote(login)
                ),
            }));
        }
    }
    let missing = reference.list_missing(client).await?;
    if missing.is_empty() {
        return Ok(None);
    }
    let shown: Vec<String> = missing.iter().take(20).map(ToString::to_string).collect();
    let more = match missing.len() {
        100 => " and many more".to_owned(),
        all if all > 20 => format!(" and {} more", all - 20),
        _ => String::new(),
    };
    Ok(Some(Lacking {
        what: format!(
            "{table} lacks rows that the backup refers to: {column} {}{more}",
            shown.join(", ")
        ),
        hint: format!(
            "bring {table} back first, from the platform's own backup; then run this again"
        ),
    }))
}

async fn missing_roles(client: &Client, roles: &[String]) -> Result<Vec<Lacking>, StoreError> {
    let query = "
        SELECT name
        FROM unnest($1::TEXT[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)";
    let rows = client.query_typed(query, &[(&roles, Type::TEXT_ARRAY)]).await;
    let rows = rows.map_err(StoreError::query("look for the roles"))?;
    let lacking = |row: &tokio_postgres::Row| {
        let role: &str = row.get(0);
        Lacking {
            what: format!("the role {role}, to which rights are granted, is not there"),
            hint: format!("CREATE ROLE {}; or leave all rights out: --no-privileges", quote(role)),
        }
    };
    Ok(rows.iter().map(lacking).collect())
}

/// What the login may not read of `extent`.
pub(super) async fn missing_reading_rights(
    client: &Client,
    extent: Extent,
) -> Result<Vec<Lacking>, StoreError> {
    let query = format!(
        "SELECT nspname::TEXT, relname::TEXT, current_user::TEXT, relkind = 'S',
            has_schema_privilege(pg_namespace.oid, 'USAGE')
        FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'S') AND relpersistence <> 't'
            AND ({condition} OR EXISTS (
                -- A table brings the sequences of its columns along.
                SELECT
                FROM pg_depend
                JOIN pg_class AS owner ON owner.oid = refobjid
                WHERE pg_class.relkind = 'S' AND nspname = 'public' AND classid = 'pg_class'::REGCLASS
                    AND objid = pg_class.oid AND deptype IN ('a', 'i') AND owner.relnamespace = pg_class.relnamespace
                    AND owner.relname IN ({tables})
            ))
            AND NOT (has_schema_privilege(pg_namespace.oid, 'USAGE')
                AND has_table_privilege(pg_class.oid, 'SELECT'))
        ORDER BY 1, 2",
        condition = extent.condition(),
        tables = CONTRACT_TABLES.map(literal).join(", "),
    );
    let rows = client.query_typed(&query, &[]).await;
    let rows = rows.map_err(StoreError::query("look at the rights of the login"))?;
    let mut lacking: Vec<Lacking> = Vec::new();
    for row in &rows {
        let (schema, relation, login): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
        let (kind, kinds) =
            if row.get(3) { ("sequence", "SEQUENCES") } else { ("table", "TABLES") };
        let (schema_quoted, login_quoted) = (quote(schema), quote(login));
        let usage = if row.get(4) {
            String::new()
        } else {
            format!("GRANT USAGE ON SCHEMA {schema_quoted} TO {login_quoted}; ")
        };
        let hint = if schema == "public" {
            let on = if kind == "sequence" { "SEQUENCE " } else { "" };
            format!(
                "as the owner: {usage}GRANT SELECT ON {on}{schema_quoted}.{} TO {login_quoted};",
                quote(relation)
            )
        } else {
            format!(
                "as the owner: {usage}GRANT SELECT ON ALL {kinds} IN SCHEMA {schema_quoted} TO {login_quoted};"
            )
        };
        // One line for all tables of a schema.
        if lacking.iter().all(|it| it.hint != hint) {
            let what = format!("the login {login} may not read the {kind} {schema}.{relation}");
            lacking.push(Lacking { what, hint });
        }
    }
    Ok(lacking)
}

/// What the login would need to make these tables.
async fn missing_writing_rights(
    client: &Client,
    expected: &[Contents],
) -> Result<Vec<Lacking>, StoreError> {
    let mut schemas: Vec<&str> = expected.iter().map(|it| it.table.schema.as_str()).collect();
    schemas.dedup();
    let query = "
        SELECT name, current_user::TEXT, current_database()::TEXT, to_regnamespace(quote_ident(name)) IS NULL
        FROM unnest($1::TEXT[]) AS name
        WHERE CASE
            WHEN to_regnamespace(quote_ident(name)) IS NULL
                THEN NOT has_database_privilege(current_database(), 'CREATE')
            ELSE NOT has_schema_privilege(quote_ident(name)::regnamespace, 'CREATE')
        END
        ORDER BY 1";
    let rows = client.query_typed(query, &[(&schemas, Type::TEXT_ARRAY)]).await;
    let rows = rows.map_err(StoreError::query("look at the rights of the login"))?;
    let lacking = |row: &tokio_postgres::Row| {
        let (schema, login, database): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
        let (what, on) = if row.get(3) {
            (format!("make the schema {schema}"), format!("DATABASE {}", quote(database)))
        } else {
            (format!("make tables in schema {schema}"), format!("SCHEMA {}", quote(schema)))
        };
        Lacking {
            what: format!("the login {login} may not {what}"),
            hint: format!("as the owner: GRANT CREATE ON {on} TO {};", quote(login)),
        }
    };
    Ok(rows.iter().map(lacking).collect())
}
