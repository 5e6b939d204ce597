use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Statement};

use super::{Entry, Origin, State};
use crate::database::Session;
use crate::source::{Migration, Name, Script, SourceError};
use crate::who;

const INSERT: &str = "WITH entry AS ( \
        INSERT INTO trunkline.migrations \
            (name, source, state, origin, checksum, raw_checksum, up_sql, down_sql) \
        VALUES ($1, $2, 'applied', $3, $4, $5, $6, $7) \
        ON CONFLICT (name) DO UPDATE \
        SET source = excluded.source, state = excluded.state, origin = excluded.origin, \
            checksum = excluded.checksum, raw_checksum = excluded.raw_checksum, \
            statements_done = NULL, up_sql = excluded.up_sql, \
            down_sql = excluded.down_sql, applied_at = excluded.applied_at \
        WHERE migrations.state = 'partial' \
        RETURNING name) \
     INSERT INTO trunkline.migration_history \
        (migration, direction, state, checksum, started_at, duration_ms, os_user, host, version) \
     SELECT name, $8, 'done', $4, now(), \
            extract(epoch FROM clock_timestamp() - now()) * 1000, $9, $10, $11 \
     FROM entry";

/// The statement of [`insert_entry`], where it stays prepared.
pub(crate) async fn prepare_insert(
    session: &Session,
) -> Result<Option<Statement>, tokio_postgres::Error> {
    session.kept(INSERT, &[Type::TEXT; 11]).await
}

/// Records a migration as applied, over one that stopped half-way, and appends to the history.
///
/// False when it is recorded as applied already, so that nothing is ever recorded twice.
#[tracing::instrument(name = "db.migrations.insert", level = "debug", skip_all)]
pub(crate) async fn insert_entry(
    client: &Client,
    prepared: Option<&Statement>,
    source: &str,
    migration: &Migration,
    down: Option<&Script>,
    origin: Origin,
) -> Result<bool, tokio_postgres::Error> {
    let direction = if origin == Origin::Run { "up" } else { "adopt" };
    let checksum = &migration.up.checksum;
    let (normalised, raw) = (checksum.normalised.to_string(), checksum.raw.to_string());
    let values: [&(dyn ToSql + Sync); 11] = [
        &migration.name.as_str(),
        &source,
        &origin.as_str(),
        &normalised,
        &raw,
        &migration.up.text,
        &down.map(|down| down.text.as_str()),
        &direction,
        &who::user(),
        &who::host(),
        &env!("CARGO_PKG_VERSION"),
    ];
    let written = match prepared {
        Some(statement) => client.execute(statement, &values).await?,
        None => client.execute_typed(INSERT, &values.map(|value| (value, Type::TEXT))).await?,
    };
    Ok(written == 1)
}

/// Writes a whole ledger row, over one of the same name.
#[tracing::instrument(name = "db.migrations.put", level = "debug", skip_all)]
pub(crate) async fn put_entry(client: &Client, entry: &Entry) -> Result<(), tokio_postgres::Error> {
    client
        .execute_typed(
            "INSERT INTO trunkline.migrations \
                (name, source, state, origin, checksum, raw_checksum, statements_done, up_sql, \
                 down_sql, applied_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, clock_timestamp())) \
             ON CONFLICT (name) DO UPDATE \
             SET source = excluded.source, state = excluded.state, origin = excluded.origin, \
                 checksum = excluded.checksum, raw_checksum = excluded.raw_checksum, \
                 statements_done = excluded.statements_done, up_sql = excluded.up_sql, \
                 down_sql = excluded.down_sql, applied_at = excluded.applied_at",
            &[
                (&entry.name.as_str(), Type::TEXT),
                (&entry.source, Type::TEXT),
                (&entry.state.as_str(), Type::TEXT),
                (&entry.origin.as_str(), Type::TEXT),
                (&entry.checksum, Type::TEXT),
                (&entry.raw_checksum, Type::TEXT),
                (&entry.statements_done, Type::INT4),
                (&entry.up_sql, Type::TEXT),
                (&entry.down_sql, Type::TEXT),
                (&entry.applied_at, Type::TIMESTAMPTZ),
            ],
        )
        .await
        .map(|_| ())
}

/// What became of a statement of a no-transaction migration: its state, and its number from 1.
pub(crate) type StepNote = (&'static str, usize);

/// Writes how far a no-transaction migration of `of` statements is, and appends to the history.
#[tracing::instrument(name = "db.migrations.advance", level = "debug", skip_all)]
pub(crate) async fn advance_entry(
    session: &Session,
    name: &Name,
    done: usize,
    notes: &[StepNote],
    of: usize,
) -> Result<(), tokio_postgres::Error> {
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let (states, numbers): (Vec<&str>, Vec<i32>) =
        notes.iter().map(|&(state, statement)| (state, number(statement))).unzip();
    session
        .query_kept(
            "WITH entry AS ( \
                UPDATE trunkline.migrations SET statements_done = $2 WHERE name = $1 \
                RETURNING name) \
             INSERT INTO trunkline.migration_history \
                (migration, direction, state, statement, of, started_at, os_user, host, version) \
             SELECT name, 'up', state, statement, $5, clock_timestamp(), $6, $7, $8 \
             FROM entry, unnest($3, $4) AS step (state, statement)",
            &[
                (&name.as_str(), Type::TEXT),
                (&number(done), Type::INT4),
                (&states, Type::TEXT_ARRAY),
                (&numbers, Type::INT4_ARRAY),
                (&number(of), Type::INT4),
                (&who::user(), Type::TEXT),
                (&who::host(), Type::TEXT),
                (&env!("CARGO_PKG_VERSION"), Type::TEXT),
            ],
        )
        .await
        .map(|_| ())
}

/// Takes a migration out of the ledger; the history keeps it.
#[tracing::instrument(name = "db.migrations.delete", level = "debug", skip_all)]
pub(crate) async fn delete_entry(
    client: &Client,
    name: &Name,
) -> Result<(), tokio_postgres::Error> {
    client
        .execute_typed(
            "DELETE FROM trunkline.migrations WHERE name = $1",
            &[(&name.as_str(), Type::TEXT)],
        )
        .await
        .map(|_| ())
}

/// Accepts the file as it is now for a migration that is applied.
#[tracing::instrument(name = "db.migrations.update", level = "debug", skip_all)]
pub(crate) async fn update_checksum(
    client: &Client,
    migration: &Migration,
    down: Option<&Script>,
) -> Result<(), tokio_postgres::Error> {
    client
        .execute_typed(
            "UPDATE trunkline.migrations \
             SET checksum = $2, raw_checksum = $3, up_sql = $4, down_sql = $5 \
             WHERE name = $1",
            &[
                (&migration.name.as_str(), Type::TEXT),
                (&migration.up.checksum.normalised.to_string(), Type::TEXT),
                (&migration.up.checksum.raw.to_string(), Type::TEXT),
                (&migration.up.text, Type::TEXT),
                (&down.map(|down| down.text.as_str()), Type::TEXT),
            ],
        )
        .await
        .map(|_| ())
}

impl Entry {
    /// The row of a no-transaction migration of which `done` statements are done.
    pub(crate) fn partial(
        source: &str,
        migration: &Migration,
        done: usize,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            name: migration.name.clone(),
            source: source.to_owned(),
            state: State::Partial,
            origin: Origin::Run,
            checksum: migration.up.checksum.normalised.to_string(),
            raw_checksum: migration.up.checksum.raw.to_string(),
            statements_done: i32::try_from(done).ok(),
            up_sql: migration.up.text.clone(),
            down_sql: migration.down()?.map(|down| down.text.clone()),
            applied_at: None,
        })
    }
}
