-- The keys under which secrets may stand in this database, by their ids: a process that lacks one refuses to start, without reading every secret.

CREATE TABLE IF NOT EXISTS trunkline.secret_keys (
    key_id TEXT NOT NULL,
    check_value TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT secret_keys_pkey PRIMARY KEY (key_id)
);

COMMENT ON TABLE trunkline.secret_keys IS
    'The keys under which secrets may stand here; a row goes when a rotation has left nothing under its key';
COMMENT ON COLUMN trunkline.secret_keys.check_value IS
    'A known value sealed under the key, which the service opens to tell that it has the key';
