use std::collections::BTreeMap;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::{Catalog, CatalogError, ConstraintKind, Names, Scope, Table};
use crate::source::{Migration, RequiredColumn, Source, SourceError};
use crate::sql::{Statement, quote, words};

/// What `source` makes: every migration is run in a scratch database, which is then dropped.
///
/// `admin` is any database of a server on which the login may make databases. Tables that the set
/// needs and does not make are those of its `requires` directives, with a primary key on `id`.
pub async fn record(admin: &Config, source: &Source) -> Result<Catalog, CatalogError> {
    let client = connect(admin).await.map_err(|cause| CatalogError::Connect {
        database: admin.get_dbname().unwrap_or("postgres").to_owned(),
        cause: cause.into(),
    })?;
    let at_database =
        async |database: &str| connect(admin.clone().dbname(database)).await.map_err(Into::into);
    Recording { admin: &client, source, live: None, substitute: false }.run(at_database).await
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The parts of [`record`], for a caller with connections of its own.
pub struct Recording<'a> {
    /// A connection that makes and drops the scratch database: in no transaction, behind no pooler.
    pub admin: &'a Client,
    /// The migrations.
    pub source: &'a Source,
    /// The database that the migrations are for, inside a transaction: tables that they use and no
    /// directive names are looked up there.
    pub live: Option<&'a Client>,
    /// Replaces every `${NAME}` by the environment's value, as `up --substitute` does.
    pub substitute: bool,
}

/// Any error of the function that connects.
pub type ConnectError = Box<dyn std::error::Error + Send + Sync>;

impl Recording<'_> {
    /// Runs the migrations in a scratch database to which `connect` connects, given its name.
    ///
    /// The scratch database is dropped on every path; what a killed process left is dropped by the
    /// next run on that server, a minute later, or an hour where somebody is still connected to it.
    pub async fn run(
        &self,
        connect: impl AsyncFnOnce(&str) -> Result<Client, ConnectError>,
    ) -> Result<Catalog, CatalogError> {
        // Beside the database that they are for, they must not change what all databases share.
        if self.live.is_some() {
            refuse_server_wide(self.source)?;
        }
        self.drop_leftovers().await?;
        let database = self.create_database().await?;
        let recorded = match connect(&database).await {
            Ok(client) => self.scratch(&client).record(self.source).await,
            Err(cause) => Err(CatalogError::Connect { database: database.clone(), cause }),
        };
        let dropped = self.drop_database(&database).await;
        let catalog = recorded?;
        dropped?;
        Ok(catalog)
    }

    fn scratch<'a>(&'a self, client: &'a Client) -> Scratch<'a> {
        Scratch { client, live: self.live, substitute: self.substitute, before: Catalog::default() }
    }

    async fn create_database(&self) -> Result<String, CatalogError> {
        let row = self
            .admin
            .query_typed_one(
                "SELECT concat(\n\
                 'trunkline_scratch_',\n\
                 extract(epoch FROM now())::bigint,\n\
                 '_',\n\
                 left(md5(gen_random_uuid()::text), 12)\n\
                 )",
                &[],
            )
            .await?;
        let database: String = row.get(0);
        self.admin
            .simple_query(&format!("CREATE DATABASE {database} TEMPLATE template0"))
            .await
            .map_err(CatalogError::CreateDatabase)?;
        Ok(database)
    }

    async fn drop_database(&self, database: &str) -> Result<(), CatalogError> {
        let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        self.admin.simple_query(&drop).await?;
        Ok(())
    }

    async fn drop_leftovers(&self) -> Result<(), CatalogError> {
        let leftovers = self
            .admin
            .query_typed(
                "SELECT datname::text\n\
                 FROM pg_catalog.pg_database AS d\n\
                 WHERE datname ~ '^trunkline_scratch_[0-9]{10}_[0-9a-f]{12}$'\n\
                     AND pg_has_role(datdba, 'USAGE')\n\
                     AND split_part(datname, '_', 3)::bigint < extract(epoch FROM now()) - CASE\n\
                         WHEN EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = d.datname)\n\
                         THEN 3600 ELSE 60 END",
                &[],
            )
            .await?;
        for row in leftovers {
            // Another run may be dropping it too, which is as good.
            drop(self.drop_database(row.get(0)).await);
        }
        Ok(())
    }
}

/// Refuses statements about roles, databases, tablespaces and the server's settings.
fn refuse_server_wide(source: &Source) -> Result<(), CatalogError> {
    for migration in source.migrations() {
        let script = &migration.up;
        let found =
            script.statements()?.iter().find(|statement| is_server_wide(script.sql(statement)));
        if let Some(statement) = found {
            let (file, position) = (script.file.clone(), statement.position);
            return Err(CatalogError::ServerWide { file, position });
        }
    }
    Ok(())
}

fn is_server_wide(sql: &str) -> bool {
    let words: Vec<String> = words(sql).map(|word| word.text.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words.as_slice() {
        ["create" | "alter" | "drop", "user", "mapping", ..] => false,
        ["create" | "alter" | "drop", kind, ..] if is_shared(kind) => true,
        ["comment", "on", kind, ..] => is_shared(kind),
        ["reassign" | "drop", "owned", ..] => true,
        // Of a role, rather than on a table.
        ["grant" | "revoke", ..] => !words.contains(&"on"),
        ["do", ..] => {
            let text = sql.to_ascii_lowercase();
            let inner: Vec<&str> = text.split_whitespace().collect();
            inner.windows(2).any(|pair| {
                matches!(pair[0], "create" | "alter" | "drop")
                    && matches!(pair[1], "role" | "database" | "tablespace" | "system")
            })
        }
        _ => false,
    }
}

/// Whether all databases of the server have it in common, or it reaches other servers.
fn is_shared(kind: &str) -> bool {
    let kinds = ["role", "user", "group", "database", "tablespace", "system", "subscription"];
    kinds.contains(&kind)
}

/// The scratch database while the migrations run in it.
struct Scratch<'a> {
    client: &'a Client,
    live: Option<&'a Client>,
    substitute: bool,
    /// What was there before the migrations.
    before: Catalog,
}

impl Scratch<'_> {
    async fn record(mut self, source: &Source) -> Result<Catalog, CatalogError> {
        // The scratch database is thrown away, so nothing in it need reach the disk.
        self.run("SET synchronous_commit = off").await?;
        for sql in required_tables(source)? {
            self.run(&sql).await?;
        }
        self.before = self.read(&Scope::Everything).await?;
        for migration in source.migrations() {
            self.apply(migration).await?;
        }
        Ok(self.read(&Scope::Everything).await?.subtract(&self.before))
    }

    async fn run(&self, sql: &str) -> Result<(), CatalogError> {
        self.client.batch_execute(sql).await?;
        Ok(())
    }

    async fn read(&self, scope: &Scope) -> Result<Catalog, CatalogError> {
        self.run("BEGIN READ ONLY").await?;
        let catalog = Catalog::read(self.client, scope).await?;
        self.run("COMMIT").await?;
        Ok(catalog)
    }

    /// Applies one migration, again from its start when a table it needs had to be made first.
    async fn apply(&mut self, migration: &Migration) -> Result<(), CatalogError> {
        let script = &migration.up;
        let together = !script.directives.no_transaction;
        // What is applied already is not refused for transaction control that did nothing.
        let body = if together { script.body()? } else { script.statements()? };
        let mut statements = body.iter();
        // What an earlier file set for its session is not this one's.
        self.run("RESET ALL").await?;
        let mut next = statements.next();
        if together {
            self.run("BEGIN").await?;
        }
        while let Some(statement) = next {
            let sql = if self.substitute {
                script.substituted(statement)?
            } else {
                script.sql(statement).into()
            };
            let Err(cause) = self.execute(&sql, statement).await else {
                next = statements.next();
                continue;
            };
            if together {
                self.run("ROLLBACK").await?;
            }
            if !self.make_missing_table(&cause).await? {
                let (file, position) = (script.file.clone(), statement.position);
                return Err(CatalogError::Statement { file, position, cause });
            }
            if together {
                statements = body.iter();
                next = statements.next();
                self.run("BEGIN").await?;
            }
        }
        if together {
            self.run("COMMIT").await?;
        }
        Ok(())
    }

    async fn execute(&self, sql: &str, statement: &Statement) -> Result<(), tokio_postgres::Error> {
        // Rows make no difference to the catalogue.
        if statement.copy_data.is_some() { Ok(()) } else { self.client.batch_execute(sql).await }
    }

    /// Makes the table that `cause` misses as it is in the live database; false when it is not there.
    async fn make_missing_table(
        &mut self,
        cause: &tokio_postgres::Error,
    ) -> Result<bool, CatalogError> {
        let Some(live) = self.live.filter(|_| cause.code() == Some(&SqlState::UNDEFINED_TABLE))
        else {
            return Ok(false);
        };
        let message = cause.as_db_error().map(tokio_postgres::error::DbError::message);
        let Some(name) = message.and_then(|message| message.split('"').nth(1)) else {
            return Ok(false);
        };
        let (schema, table) = name.split_once('.').unwrap_or(("public", name));
        // The message does not quote a name as SQL does, so each way is tried.
        let schemas = [schema.to_owned(), quote(schema)];
        let relations = schemas
            .iter()
            .flat_map(|schema| [format!("{schema}.{table}"), format!("{schema}.{}", quote(table))])
            .collect();
        let scope = Scope::Named(Names { relations, ..Names::default() });
        let Some((name, shape)) = Catalog::read(live, &scope).await?.tables.pop_first() else {
            return Ok(false);
        };
        if self.before.tables.contains_key(&name) {
            return Ok(false);
        }
        self.run(&format!("CREATE SCHEMA IF NOT EXISTS {}", quote(schema))).await?;
        self.run(&bare(shape).create(&name)).await?;
        let made = Scope::Named(Names { relations: vec![name], ..Names::default() });
        let made = self.read(&made).await?;
        self.before.tables.extend(made.tables);
        Ok(true)
    }
}

/// A table with its columns and keys alone, which need nothing else to stand.
fn bare(shape: Table) -> Table {
    let mut constraints = shape.constraints;
    constraints.retain(|_, constraint| {
        matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
    });
    let mut columns = shape.columns;
    for column in &mut columns {
        (column.default, column.identity, column.generated) = (None, None, None);
    }
    Table { columns, constraints, ..Table::default() }
}

/// The statements that make the tables of the `requires` directives, each table once.
fn required_tables(source: &Source) -> Result<Vec<String>, SourceError> {
    let mut tables: BTreeMap<(String, String), Vec<RequiredColumn>> = BTreeMap::new();
    for required in source.required_tables()? {
        let columns = tables.entry((required.schema, required.table)).or_default();
        for column in required.columns {
            if columns.iter().all(|other| other.name != column.name) {
                columns.push(column);
            }
        }
    }
    let mut statements = Vec::new();
    for ((schema, table), columns) in tables {
        let lines: Vec<String> = columns
            .iter()
            .map(|column| {
                let key = if column.name == "id" { " PRIMARY KEY" } else { "" };
                format!("{} {}{key}", quote(&column.name), column.data_type)
            })
            .collect();
        if schema != "public" {
            statements.push(format!("CREATE SCHEMA IF NOT EXISTS {}", quote(&schema)));
        }
        statements.push(format!(
            "CREATE TABLE {}.{} ({})",
            quote(&schema),
            quote(&table),
            lines.join(", ")
        ));
    }
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::is_server_wide;

    #[test]
    fn what_changes_the_whole_server_is_told_from_what_stays_in_a_database() {
        for sql in [
            "CREATE ROLE r",
            "alter user u",
            "DROP DATABASE d",
            "ALTER SYSTEM SET x = 1",
            "GRANT pg_read_all_data TO r",
            "DROP OWNED BY r",
            "COMMENT ON ROLE r IS 'x'",
            "DO $$ BEGIN IF true THEN CREATE ROLE r; END IF; END $$",
        ] {
            assert!(is_server_wide(sql), "{sql}");
        }
        for sql in [
            "GRANT SELECT ON t TO r",
            "DO $$ BEGIN CREATE TABLE role (); END $$",
            "CREATE USER MAPPING FOR r",
            "CREATE TABLE role ()",
            "ALTER TABLE t",
            "SELECT",
        ] {
            assert!(!is_server_wide(sql), "{sql}");
        }
    }
}
