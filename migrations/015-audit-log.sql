-- Who did what: rows that are only ever added, each with the hash of the one before, so that a row altered or taken away behind our back shows.

CREATE TABLE IF NOT EXISTS trunkline.audit_log (
    id BIGINT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id INTEGER,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    company_id INTEGER,
    address TEXT,
    request_id TEXT,
    before JSONB,
    after JSONB,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'command', 'system'))
);

CREATE INDEX IF NOT EXISTS idx_audit_log_object ON trunkline.audit_log (object_kind, object_id, id);
CREATE INDEX IF NOT EXISTS idx_audit_log_actor ON trunkline.audit_log (actor_kind, actor_id, id);
CREATE INDEX IF NOT EXISTS idx_audit_log_action ON trunkline.audit_log (action, id);
CREATE INDEX IF NOT EXISTS idx_audit_log_company_id ON trunkline.audit_log (company_id, id);
CREATE INDEX IF NOT EXISTS idx_audit_log_occurred_at ON trunkline.audit_log (occurred_at);

-- The hash of a row: of the hash before it and of every column, in a form that no setting changes.
CREATE OR REPLACE FUNCTION trunkline.hash_audit_row(previous BYTEA, entry trunkline.audit_log)
RETURNS BYTEA
LANGUAGE sql
STABLE
SET search_path = pg_catalog
AS $$
    SELECT sha256(coalesce(previous, '\x'::BYTEA) || convert_to(jsonb_build_array(
        entry.id, extract(epoch FROM entry.occurred_at)::TEXT, entry.actor_kind, entry.actor_id, entry.actor_name, entry.action,
        entry.object_kind, entry.object_id, entry.company_id, entry.address, entry.request_id, entry.before, entry.after
    )::TEXT, 'UTF8'))
$$;

-- Numbers a new row without a gap and chains it; writers take turns until they commit.
CREATE OR REPLACE FUNCTION trunkline.chain_audit_row()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
    last trunkline.audit_log;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('trunkline.audit_log'));
    SELECT *
    INTO last
    FROM trunkline.audit_log
    ORDER BY id DESC
    LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.hash := trunkline.hash_audit_row(last.hash, NEW);
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION trunkline.refuse_audit_change()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'trunkline.audit_log'::REGCLASS AND tgname = 'chain_audit_row') THEN
        CREATE TRIGGER chain_audit_row
            BEFORE INSERT ON trunkline.audit_log
            FOR EACH ROW EXECUTE FUNCTION trunkline.chain_audit_row();
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'trunkline.audit_log'::REGCLASS AND tgname = 'refuse_audit_change') THEN
        CREATE TRIGGER refuse_audit_change
            BEFORE UPDATE OR DELETE OR TRUNCATE ON trunkline.audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION trunkline.refuse_audit_change();
    END IF;
END
$$;

COMMENT ON TABLE trunkline.audit_log IS
    'Who did what, when, from where; append-only and chained by hashes (trunkline admin audit verify)';
COMMENT ON COLUMN trunkline.audit_log.id IS
    'Counted from 1 without a gap';
COMMENT ON COLUMN trunkline.audit_log.action IS
    'object.verb, as partner_account.updated';
COMMENT ON COLUMN trunkline.audit_log.before IS
    'The object before; secrets are fingerprints. NULL: it was not there, or nothing changed';
COMMENT ON COLUMN trunkline.audit_log.after IS
    'The object after; secrets are fingerprints. NULL: it is gone, or nothing changed';
COMMENT ON COLUMN trunkline.audit_log.hash IS
    'SHA-256 of the row before''s hash and of this row: trunkline.hash_audit_row';
