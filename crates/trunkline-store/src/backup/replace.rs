use jiff::Timestamp;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::{AppliedMigration, CONTRACT_TABLES, Lacking, literal, quote};
use crate::StoreError;
use crate::migrations::LABEL;

/// A schema that is renamed, or takes the contract tables in, so that a restore has room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The schema, and for `public` the contract tables in it alone.
    pub from: String,
    /// Where its tables stand afterwards. `keys` counts and rotates the secrets in it, as in every archive.
    pub to: String,
    tables: Vec<String>,
}

/// What has to make room for a backup with these schemas.
pub async fn list_aside(
    client: &Client,
    schemas: &[String],
    now: Timestamp,
) -> Result<Vec<Aside>, StoreError> {
    let failed = StoreError::query("look at what is in the way");
    let query = format!(
        "SELECT nspname::TEXT,
            (SELECT coalesce(array_agg(relname::TEXT ORDER BY relname), '{{}}')
                FROM pg_class
                WHERE relnamespace = pg_namespace.oid AND relkind IN ('r', 'p') AND relname IN ({}))
        FROM pg_namespace
        WHERE nspname = ANY ($1)
        ORDER BY 1",
        CONTRACT_TABLES.map(literal).join(", ")
    );
    let parameters = [(&schemas as &(dyn ToSql + Sync), Type::TEXT_ARRAY)];
    let rows = client.query_typed(&query, &parameters).await.map_err(&failed)?;
    // Names that are there, and those that the backup brings.
    let query = "SELECT nspname::TEXT FROM pg_namespace";
    let there = client.query_typed(query, &[]).await.map_err(&failed)?;
    let mut taken: Vec<String> = there.iter().map(|row| row.get(0)).collect();
    taken.extend_from_slice(schemas);
    let mut aside = Vec::new();
    for row in &rows {
        let (from, tables): (String, Vec<String>) = (row.get(0), row.get(1));
        if from != "public" || !tables.is_empty() {
            let to = free_name(&from, now, &taken);
            taken.push(to.clone());
            aside.push(Aside { from, to, tables });
        }
    }
    Ok(aside)
}

/// What the login may not move aside: only an owner who may make schemas can.
pub async fn missing_moving_rights(
    client: &Client,
    aside: &[Aside],
) -> Result<Vec<Lacking>, StoreError> {
    let schemas: Vec<&str> =
        aside.iter().filter(|it| it.from != "public").map(|it| it.from.as_str()).collect();
    let tables: Vec<&str> = aside.iter().flat_map(|it| &it.tables).map(String::as_str).collect();
    let query = "
        SELECT format('the login %I does not own the schema %I', current_user, nspname),
            format('as a superuser: ALTER SCHEMA %I OWNER TO %I; or restore as its owner', nspname, current_user)
        FROM pg_namespace
        WHERE nspname = ANY ($1) AND NOT pg_has_role(nspowner, 'USAGE')
        UNION ALL
        SELECT format('the login %I does not own the table public.%I', current_user, relname),
            format('as a superuser: ALTER TABLE public.%I OWNER TO %I; or restore as its owner', relname, current_user)
        FROM pg_class
        WHERE relnamespace = 'public'::REGNAMESPACE AND relname = ANY ($2) AND NOT pg_has_role(relowner, 'USAGE')
        UNION ALL
        SELECT format('the login %I may not make schemas in the database %I', current_user, current_database()),
            format('as the owner: GRANT CREATE ON DATABASE %I TO %I;', current_database(), current_user)
        WHERE NOT has_database_privilege(current_database(), 'CREATE')";
    let parameters = [&schemas as &(dyn ToSql + Sync), &tables].map(|it| (it, Type::TEXT_ARRAY));
    let rows = client.query_typed(query, &parameters).await;
    let rows = rows.map_err(StoreError::query("look at who owns what is in the way"))?;
    Ok(rows.iter().map(|row| Lacking { what: row.get(0), hint: row.get(1) }).collect())
}

/// A name as archives have them, whose end says what the tables in it were called.
fn free_name(from: &str, now: Timestamp, taken: &[String]) -> String {
    let stamp = now.strftime("%Y%m%d_%H%M%S");
    let held = if from.ends_with("trunkline") { "trunkline" } else { "public" };
    let plain = format!("trunkline_archive_{stamp}_{held}");
    let numbered = (2..).map(|number| format!("trunkline_archive_{stamp}_{number}_{held}"));
    let mut names = std::iter::once(plain).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

/// Statements that take out of the platform's own ledger what is applied of ours now and is not in the backup, whose
/// migrations these are; otherwise the next `up` would take the platform's word that it is applied. What another set made
/// stays where it is, and so does its entry.
///
/// They go before anything is moved aside.
pub fn forget_later_migrations(kept: &[AppliedMigration]) -> String {
    let kept: Vec<String> = kept.iter().map(|it| literal(&it.name)).collect();
    format!(
        "DO $forget$
        BEGIN
            IF to_regclass('trunkline.migrations') IS NOT NULL AND EXISTS (
                SELECT FROM pg_attribute
                WHERE attrelid = to_regclass('public.migrations') AND attname = 'filename'
            ) THEN
                DELETE FROM public.migrations
                WHERE filename IN (
                    SELECT name || '.sql'
                    FROM trunkline.migrations
                    WHERE source = '{LABEL}' AND name <> ALL (ARRAY[{}]::TEXT[])
                );
            END IF;
        END
        $forget$;\n",
        kept.join(", ")
    )
}

impl Aside {
    /// The statements that move it.
    pub fn sql(&self) -> String {
        let to = quote(&self.to);
        if self.from != "public" {
            return format!("ALTER SCHEMA {} RENAME TO {to};\n", quote(&self.from));
        }
        let mut sql = format!("CREATE SCHEMA {to};\n");
        for table in &self.tables {
            sql.push_str("ALTER TABLE public.");
            sql.push_str(&quote(table));
            sql.push_str(" SET SCHEMA ");
            sql.push_str(&to);
            sql.push_str(";\n");
        }
        sql
    }
}
