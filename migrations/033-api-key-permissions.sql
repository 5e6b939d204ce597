-- What a key may do beyond its role: pass requests to the providers, and be told credentials. Nothing, unless somebody says so.
-- A table of its own: a revert then keeps what was said, as it keeps rows.

-- The foreign key briefly locks the keys, which every request reads.
SET LOCAL lock_timeout = '2s';

CREATE TABLE IF NOT EXISTS trunkline.api_key_permissions (
    api_key_id INTEGER NOT NULL,
    permission TEXT NOT NULL,
    CONSTRAINT api_key_permissions_pkey PRIMARY KEY (api_key_id, permission),
    CONSTRAINT api_key_permissions_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES trunkline.api_keys (id) ON DELETE CASCADE
);

COMMENT ON TABLE trunkline.api_key_permissions IS
    'What API keys may do beyond their roles';
COMMENT ON COLUMN trunkline.api_key_permissions.permission IS
    'provider:send, provider:read, credentials:read, or a method and a path of a provider, see docs, Pass-through';
