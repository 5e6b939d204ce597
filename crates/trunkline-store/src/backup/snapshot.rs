use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::references::{self, Reference};
use super::target::{Lacking, missing_reading_rights};
use super::{Contents, Extent, Table, contents};
use crate::StoreError;
use crate::secrets::{Under, count_secrets, list_secret_columns};

/// One moment of a database, held open for as long as this is not ended.
pub struct Snapshot<'a> {
    client: &'a Client,
    extent: Extent,
    /// Its name for `pg_dump --snapshot`.
    pub id: String,
    /// The tables that have rows, none of which can be altered or dropped meanwhile.
    pub tables: Vec<Table>,
}

/// The server that answers.
#[derive(Debug, Clone)]
pub struct Server {
    /// Major version.
    pub major: u32,
    /// The version as it names itself.
    pub version: String,
    /// It follows another server, and takes no writes.
    pub is_standby: bool,
    /// The login, quoted.
    pub login: String,
    /// It may make databases.
    pub makes_databases: bool,
}

impl Server {
    /// Asks.
    pub async fn inspect(client: &Client) -> Result<Self, StoreError> {
        let query = "
            SELECT current_setting('server_version'), current_setting('server_version_num')::INTEGER / 10000,
                pg_is_in_recovery(), rolcreatedb OR rolsuper, quote_ident(rolname)
            FROM pg_roles
            WHERE rolname = current_user";
        let row = client.query_typed_one(query, &[]).await;
        let row = row.map_err(StoreError::query("read the server's version"))?;
        let major = row.get::<_, i32>(1).unsigned_abs();
        Ok(Self {
            version: row.get(0),
            major,
            is_standby: row.get(2),
            makes_databases: row.get(3),
            login: row.get(4),
        })
    }
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedMigration {
    /// Its name.
    pub name: String,
    /// The label of its set.
    pub source: String,
    /// The checksum of its file.
    pub checksum: String,
}

/// Under what the secrets stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The keys without which they cannot be opened.
    pub ids: Vec<String>,
    /// How many are not encrypted.
    pub plaintext: u64,
}

impl<'a> Snapshot<'a> {
    /// Locks the tables of `extent` against changes of their shape, then fixes the moment.
    ///
    /// `Err(Ok(…))` lists the rights that the login lacks.
    pub async fn begin(
        client: &'a Client,
        extent: Extent,
        lock_timeout: Duration,
    ) -> Result<Self, Result<Vec<Lacking>, StoreError>> {
        let lacking = missing_reading_rights(client, extent).await.map_err(Err)?;
        if !lacking.is_empty() {
            return Err(Ok(lacking));
        }
        Self::open(client, extent, lock_timeout).await.map_err(Err)
    }

    async fn open(
        client: &'a Client,
        extent: Extent,
        lock_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let failed = StoreError::query("fix a snapshot of the tables");
        let tables = list_tables(client, extent, "'r', 'p'").await?;
        let milliseconds = lock_timeout.as_millis();
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
            SET LOCAL lock_timeout = {milliseconds};
            {}",
            contents::SETTINGS
        );
        client.batch_execute(contents::NO_TRANSACTION_TIMEOUT).await.map_err(&failed)?;
        client.batch_execute(&begin).await.map_err(&failed)?;
        // Nothing before this may need a snapshot: what whoever has the tables now commits must be in ours.
        if !tables.is_empty() {
            let tables: Vec<String> = tables.iter().map(Table::quoted).collect();
            let lock = format!("LOCK TABLE ONLY {} IN ACCESS SHARE MODE", tables.join(", ONLY "));
            client.batch_execute(&lock).await.map_err(&failed)?;
        }
        let row = client.query_typed_one("SELECT pg_export_snapshot()", &[]).await;
        let id = row.map_err(&failed)?.get(0);
        let tables = list_tables(client, extent, "'r'").await?;
        Ok(Self { client, extent, id, tables })
    }

    /// Counts and sums up a table.
    pub async fn contents(&self, table: &Table) -> Result<Contents, StoreError> {
        contents::read(self.client, table).await
    }

    /// What the rows refer to outside.
    pub async fn references(&self) -> Result<Vec<Reference>, StoreError> {
        references::list(self.client, self.extent).await
    }

    /// Whether there is an archive of a revert, which has a schema of its own.
    pub fn has_schema(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table.schema == name)
    }

    /// The migrations that are applied, in order.
    pub async fn migrations(&self) -> Result<Vec<AppliedMigration>, StoreError> {
        if !self.has("trunkline", "migrations") {
            return Ok(Vec::new());
        }
        let query = "
            SELECT name, source, checksum
            FROM trunkline.migrations
            ORDER BY sequence";
        let rows = self.client.query_typed(query, &[]).await;
        let rows = rows.map_err(StoreError::query("read the ledger"))?;
        let applied = |row: &tokio_postgres::Row| AppliedMigration {
            name: row.get(0),
            source: row.get(1),
            checksum: row.get(2),
        };
        Ok(rows.iter().map(applied).collect())
    }

    /// The keys that are needed to open what is in it.
    pub async fn keys(&self) -> Result<Keys, StoreError> {
        let mut keys = Keys::default();
        let columns = match list_secret_columns(self.client).await {
            Err(StoreError::NotMigrated) => return Ok(keys),
            columns => columns?,
        };
        for count in count_secrets(self.client, &columns).await? {
            match count.under {
                Under::Key(id) => keys.ids.push(id.to_string()),
                Under::Plaintext => keys.plaintext += count.rows,
                Under::Malformed => {}
            }
        }
        if self.has("trunkline", "secret_keys") {
            let query = "SELECT key_id FROM trunkline.secret_keys";
            let rows = self.client.query_typed(query, &[]).await;
            let rows = rows.map_err(StoreError::query("read which keys are needed"))?;
            keys.ids.extend(rows.iter().map(|row| row.get::<_, String>(0)));
        }
        keys.ids.sort();
        keys.ids.dedup();
        Ok(keys)
    }

    /// Who is granted something on what is in it.
    pub async fn grantees(&self) -> Result<Vec<String>, StoreError> {
        let query = format!(
            "SELECT DISTINCT pg_get_userbyid(grantee)::TEXT
            FROM (
                SELECT (aclexplode(relacl)).grantee
                FROM pg_class
                JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE {condition}
                UNION
                SELECT (aclexplode(attacl)).grantee
                FROM pg_attribute
                JOIN pg_class ON pg_class.oid = attrelid
                JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE {condition}
                UNION
                SELECT unnest(polroles)
                FROM pg_policy
                JOIN pg_class ON pg_class.oid = polrelid
                JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE {condition}
                UNION
                SELECT (aclexplode(nspacl)).grantee
                FROM pg_namespace
                WHERE {namespaces}
                UNION
                SELECT (aclexplode(acl)).grantee
                FROM (
                    SELECT pronamespace AS namespace, proacl AS acl FROM pg_proc
                    UNION ALL
                    SELECT typnamespace, typacl FROM pg_type
                    UNION ALL
                    SELECT defaclnamespace, defaclacl FROM pg_default_acl
                ) AS object
                JOIN pg_namespace ON pg_namespace.oid = namespace
                WHERE {namespaces}
            ) AS granted
            WHERE grantee <> 0 AND pg_get_userbyid(grantee) NOT LIKE 'pg\\_%'
            ORDER BY 1",
            condition = self.extent.condition(),
            namespaces = self.extent.condition().replace("relname", "''"),
        );
        let rows = self.client.query_typed(&query, &[]).await;
        let rows = rows.map_err(StoreError::query("read who is granted what"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Lets the tables go.
    pub async fn end(self) -> Result<(), StoreError> {
        let ended = self.client.batch_execute("ROLLBACK").await;
        ended.map_err(StoreError::query("end the snapshot"))
    }

    fn has(&self, schema: &str, table: &str) -> bool {
        self.tables.iter().any(|it| it.schema == schema && it.table == table)
    }
}

/// The tables of these kinds, apart from those of extensions.
pub(super) async fn list_tables(
    client: &Client,
    extent: Extent,
    kinds: &str,
) -> Result<Vec<Table>, StoreError> {
    let query = format!(
        "SELECT nspname::TEXT, relname::TEXT
        FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ({kinds}) AND relpersistence <> 't' AND {}
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
            )
        ORDER BY 1, 2",
        extent.condition()
    );
    let rows = client.query_typed(&query, &[]).await;
    let rows = rows.map_err(StoreError::query("list the tables"))?;
    Ok(rows.iter().map(|row| Table { schema: row.get(0), table: row.get(1) }).collect())
}
