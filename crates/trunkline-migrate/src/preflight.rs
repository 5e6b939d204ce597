//! What must be true before anything is touched, asked in one round trip.

use std::collections::BTreeSet;

use serde::Deserialize;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::database::Target;
use crate::error::{Error, Problem};
use crate::source::{Migration, RequiredTable, required_tables};
use crate::sql::{created_table, quoted};

const OLDEST_SERVER: i32 = 130_000;

/// What was found in passing.
pub(crate) struct Passed {
    /// The server process that answered, to recognise a pooler by.
    pub backend: i32,
    /// Sentences about transactions that are open for long.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
struct FoundTable {
    schema: String,
    table: String,
    exists: bool,
    may_reference: Option<bool>,
    columns: Vec<FoundColumn>,
}

#[derive(Deserialize)]
struct FoundColumn {
    name: String,
    data_type: String,
    key: bool,
}

#[derive(Deserialize)]
struct FoundSchema {
    name: String,
    may_create: Option<bool>,
}

#[derive(Deserialize)]
struct LongTransaction {
    pid: i32,
    application: String,
    state: Option<String>,
    minutes: i64,
}

/// Asks everything and reports every problem at once.
pub(crate) async fn check(
    client: &Client,
    target: &Target,
    migrations: &[&Migration],
) -> Result<Passed, Error> {
    let required = required_tables(migrations)?;
    let schemas = schemas_created_in(migrations)?;
    let row = client
        .query_typed_one(
            include_str!("preflight.sql"),
            &[
                (&required.iter().map(|t| t.schema.as_str()).collect::<Vec<_>>(), Type::TEXT_ARRAY),
                (&required.iter().map(|t| t.table.as_str()).collect::<Vec<_>>(), Type::TEXT_ARRAY),
                (&schemas.iter().map(String::as_str).collect::<Vec<_>>(), Type::TEXT_ARRAY),
            ],
        )
        .await
        .map_err(|error| Error::query("preflight", target, &error))?;
    let user: String = row.get("login");
    let mut problems = server_problems(&row, &user);
    if !row.get::<_, bool>("has_ledger") && !row.get::<_, bool>("may_create_schema") {
        let database: String = row.get("database");
        problems.push(Problem::new(
            format!(
                "the login {user} may not create the schema `trunkline` in database {database}"
            ),
            format!(
                "as the owner: GRANT CREATE ON DATABASE {} TO {};",
                quoted(&database),
                quoted(&user)
            ),
        ));
    }
    for schema in read::<Vec<FoundSchema>>(&row, "schemas")? {
        problems.extend(schema_problem(&schema, &user));
    }
    for (found, required) in read::<Vec<FoundTable>>(&row, "tables")?.iter().zip(&required) {
        problems.extend(table_problems(found, required, &user));
    }
    if !problems.is_empty() {
        return Err(Error::Preflight(problems));
    }
    let warnings = read::<Vec<LongTransaction>>(&row, "long_transactions")?;
    Ok(Passed {
        backend: row.get("backend"),
        warnings: warnings.iter().map(LongTransaction::sentence).collect(),
    })
}

fn read<T: for<'de> Deserialize<'de>>(row: &tokio_postgres::Row, column: &str) -> Result<T, Error> {
    serde_json::from_value(row.get(column)).map_err(|error| Error::Query {
        doing: "preflight",
        message: error.to_string(),
        code: "XX000".to_owned(),
    })
}

fn server_problems(row: &tokio_postgres::Row, user: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let version: i32 = row.get("server_version");
    if version < OLDEST_SERVER {
        problems.push(Problem::new(
            format!("the server is PostgreSQL {}; 13 or newer is needed", version / 10_000),
            "upgrade the server",
        ));
    }
    if row.get("in_recovery") {
        problems.push(Problem::new(
            "the server is a standby and takes no changes",
            "use the primary's address, or add target_session_attrs=read-write to the URL",
        ));
    } else if row.get("read_only") {
        problems.push(Problem::new(
            "transactions are read-only here (default_transaction_read_only)",
            format!(
                "use the primary, or: ALTER ROLE {} SET default_transaction_read_only = off;",
                quoted(user)
            ),
        ));
    }
    problems
}

fn schema_problem(schema: &FoundSchema, user: &str) -> Option<Problem> {
    let name = &schema.name;
    // A schema that a migration makes itself is not there yet.
    (schema.may_create == Some(false)).then(|| {
        Problem::new(
            format!("the login {user} may not create tables in schema {name}"),
            format!(
                "as the owner: GRANT USAGE, CREATE ON SCHEMA {} TO {};",
                quoted(name),
                quoted(user)
            ),
        )
    })
}

fn table_problems(found: &FoundTable, required: &RequiredTable, user: &str) -> Vec<Problem> {
    let name = format!("{}.{}", found.schema, found.table);
    if !found.exists {
        return vec![Problem::new(
            format!("the table {name} does not exist"),
            format!(
                "is this the platform's database? {name} is the platform's own table; \
                 run the platform's migrations first, or correct --database-url"
            ),
        )];
    }
    let mut problems = Vec::new();
    for wanted in &required.columns {
        match found.columns.iter().find(|column| column.name == wanted.name) {
            None => problems.push(Problem::new(
                format!("{name} has no column {}", wanted.name),
                format!("run the platform's migrations first, or correct --database-url: {name} here is another table"),
            )),
            Some(column) if column.data_type != wanted.data_type => problems.push(Problem::new(
                format!(
                    "{name}.{} is {}, and {} is needed for a foreign key to it",
                    wanted.name, column.data_type, wanted.data_type
                ),
                format!("check --database-url; these migrations are made for a platform whose {name}.{} is {}", wanted.name, wanted.data_type),
            )),
            Some(column) if wanted.key && !column.key => problems.push(Problem::new(
                format!("{name}.{} is not a key, so no foreign key can refer to it", wanted.name),
                format!("as the owner: ALTER TABLE {name} ADD PRIMARY KEY ({});", wanted.name),
            )),
            Some(_) => {}
        }
    }
    if found.may_reference == Some(false) {
        problems.push(Problem::new(
            format!("the login {user} may not refer to {name} with a foreign key"),
            format!("as the owner: GRANT REFERENCES ON {name} TO {};", quoted(user)),
        ));
    }
    problems
}

impl LongTransaction {
    fn sentence(&self) -> String {
        format!(
            "a transaction is open for {} min: pid {} ({}, {}); it may hold locks that this needs",
            self.minutes,
            self.pid,
            self.application,
            self.state.as_deref().unwrap_or("state hidden")
        )
    }
}

/// The schemas in which the migrations create tables; an empty name is the login's current one.
fn schemas_created_in(migrations: &[&Migration]) -> Result<BTreeSet<String>, Error> {
    let mut schemas = BTreeSet::new();
    for migration in migrations {
        for statement in migration.up.statements()? {
            let created = created_table(migration.up.sql(statement));
            schemas.extend(created.map(|(schema, _)| schema.unwrap_or_default()));
        }
    }
    Ok(schemas)
}
