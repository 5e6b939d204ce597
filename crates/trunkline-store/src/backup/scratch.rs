use tokio_postgres::Client;

use super::{Reference, quote};
use crate::StoreError;

/// Makes an empty database on the same server and returns its name, which the engine knows for a scratch one.
///
/// What a killed process left is dropped an hour later, as the engine's own.
pub async fn create_scratch(client: &Client) -> Result<String, StoreError> {
    let query = "
        SELECT concat(
            'trunkline_scratch_',
            extract(epoch FROM now())::BIGINT,
            '_',
            substr(replace(gen_random_uuid()::TEXT, '-', ''), 1, 12)
        )";
    let row = client.query_typed_one(query, &[]).await;
    let name: String = row.map_err(StoreError::query("name a scratch database"))?.get(0);
    let create = format!("CREATE DATABASE {} TEMPLATE template0", quote(&name));
    let created = client.batch_execute(&create).await;
    created.map_err(StoreError::query("make a scratch database"))?;
    Ok(name)
}

/// Drops a scratch database, whoever is connected to it.
pub async fn drop_scratch(client: &Client, name: &str) -> Result<(), StoreError> {
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name));
    client.batch_execute(&drop).await.map_err(StoreError::query("drop the scratch database"))
}

/// Makes the tables that a backup refers to, with the ids that it refers to and nothing else.
pub async fn fill_references(client: &Client, references: &[Reference]) -> Result<(), StoreError> {
    for reference in references {
        let (table, column) = (reference.table.quoted(), quote(&reference.column));
        let sql = format!(
            "CREATE SCHEMA IF NOT EXISTS {schema};
            CREATE TABLE {table} ({column} {column_type} PRIMARY KEY);
            INSERT INTO {table} ({column})
            {values}",
            schema = quote(&reference.table.schema),
            column_type = reference.column_type,
            values = reference.values(),
        );
        let filled = client.batch_execute(&sql).await;
        filled.map_err(StoreError::query("make the tables that a backup refers to"))?;
    }
    Ok(())
}
