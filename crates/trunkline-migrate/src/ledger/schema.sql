CREATE SCHEMA IF NOT EXISTS trunkline;

CREATE TABLE IF NOT EXISTS trunkline.migrations (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('applied', 'partial')),
    origin TEXT NOT NULL CHECK (origin IN ('run', 'adopted', 'platform')),
    checksum TEXT NOT NULL,
    raw_checksum TEXT NOT NULL,
    statements_done INTEGER,
    up_sql TEXT NOT NULL,
    down_sql TEXT,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    sequence BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY
);
COMMENT ON TABLE trunkline.migrations IS 'The ledger: what is applied now, with the SQL that did it and the SQL that takes it back.';

CREATE TABLE IF NOT EXISTS trunkline.migration_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('up', 'down', 'adopt', 'repair', 'restore')),
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    statement INTEGER,
    of INTEGER,
    checksum TEXT,
    started_at TIMESTAMPTZ NOT NULL,
    duration_ms BIGINT,
    db_user TEXT NOT NULL DEFAULT current_user,
    os_user TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    error TEXT
);
COMMENT ON TABLE trunkline.migration_history IS 'Everything the engine ever did, append-only.';
CREATE INDEX IF NOT EXISTS migration_history_migration_idx ON trunkline.migration_history (migration, id);

CREATE OR REPLACE FUNCTION trunkline.refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'trunkline.migration_history is append-only';
END
$$;
DROP TRIGGER IF EXISTS migration_history_is_append_only ON trunkline.migration_history;
CREATE TRIGGER migration_history_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON trunkline.migration_history
    FOR EACH STATEMENT EXECUTE FUNCTION trunkline.refuse_history_change();

CREATE TABLE IF NOT EXISTS trunkline.migration_archives (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    restored_at TIMESTAMPTZ,
    tables JSONB NOT NULL,
    migrations JSONB NOT NULL
);
ALTER TABLE trunkline.migration_archives ADD COLUMN IF NOT EXISTS objects JSONB NOT NULL DEFAULT '[]';
ALTER TABLE trunkline.migration_archives ADD COLUMN IF NOT EXISTS statements JSONB NOT NULL DEFAULT '[]';
COMMENT ON TABLE trunkline.migration_archives IS 'Tables that a revert moved aside with their rows, and the ledger rows that come back with them.';
