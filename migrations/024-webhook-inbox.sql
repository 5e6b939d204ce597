-- Webhooks as they came, before anything is made of them: they are stored, answered, and worked on afterwards. A day is a partition, which is dropped as a
-- whole when its time is over. What waits stands in a narrow table beside it, so that no body is written twice to say that it was worked on.

CREATE TABLE IF NOT EXISTS trunkline.webhook_inbox (
    id BIGINT NOT NULL,
    day DATE NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    account_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    digest BYTEA NOT NULL,
    lanes BYTEA NOT NULL,
    content_type TEXT,
    delivery TEXT,
    body BYTEA NOT NULL,
    CONSTRAINT webhook_inbox_pkey PRIMARY KEY (id, day),
    CONSTRAINT webhook_inbox_digest_key UNIQUE (digest, day)
) PARTITION BY RANGE (day);

-- Not an identity: before PostgreSQL 17 a partition that is attached later would not have it.
CREATE SEQUENCE IF NOT EXISTS trunkline.webhook_inbox_id_seq OWNED BY trunkline.webhook_inbox.id;
ALTER TABLE trunkline.webhook_inbox ALTER COLUMN id SET DEFAULT nextval('trunkline.webhook_inbox_id_seq');

CREATE TABLE IF NOT EXISTS trunkline.webhook_queue (
    lane SMALLINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    inbox_day DATE NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at TIMESTAMPTZ,
    error TEXT,
    CONSTRAINT webhook_queue_pkey PRIMARY KEY (lane, inbox_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE IF NOT EXISTS trunkline.webhook_dead_letters (
    inbox_id BIGINT NOT NULL,
    lane SMALLINT NOT NULL,
    inbox_day DATE NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    died_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT webhook_dead_letters_pkey PRIMARY KEY (inbox_id, lane)
);

CREATE TABLE IF NOT EXISTS trunkline.webhook_quarantine (
    inbox_id BIGINT NOT NULL,
    lane SMALLINT NOT NULL,
    inbox_day DATE NOT NULL,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    client TEXT,
    quarantined_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT webhook_quarantine_pkey PRIMARY KEY (provider, subject, inbox_id, lane)
);

CREATE INDEX IF NOT EXISTS idx_webhook_quarantine_inbox_id ON trunkline.webhook_quarantine (inbox_id);

-- Makes the partition of a day. It is attached, not created in place, which would lock out every reader of the others. Like the function below it runs
-- with the rights of the owner, for whoever may write the inbox: the service need not own its tables.
CREATE OR REPLACE FUNCTION trunkline.add_webhook_partition(wanted DATE)
RETURNS VOID
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog
AS $$
DECLARE
    -- A partition of an inbox that was moved aside keeps its name; the number tells the two apart.
    child TEXT := format('webhook_inbox_%s_%s', to_char(wanted, 'YYYYMMDD'), 'trunkline.webhook_inbox'::REGCLASS::OID);
BEGIN
    IF NOT has_table_privilege(session_user, 'trunkline.webhook_inbox', 'INSERT') THEN
        RAISE EXCEPTION 'permission denied for table webhook_inbox'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('trunkline.webhook_inbox'));
    IF to_regclass(format('trunkline.%I', child)) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE trunkline.%I (LIKE trunkline.webhook_inbox INCLUDING DEFAULTS)', child);
    EXECUTE format('ALTER TABLE trunkline.webhook_inbox ATTACH PARTITION trunkline.%I FOR VALUES FROM (%L) TO (%L)', child, wanted, wanted + 1);
END
$$;

-- Drops the oldest partition whose day is over before a day, with what stands beside it, unless something of it still waits; says which day that was.
CREATE OR REPLACE FUNCTION trunkline.drop_webhook_partition(before DATE)
RETURNS DATE
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog
SET lock_timeout = '2s'
AS $$
DECLARE
    oldest RECORD;
BEGIN
    IF NOT has_table_privilege(session_user, 'trunkline.webhook_inbox', 'DELETE') THEN
        RAISE EXCEPTION 'permission denied for table webhook_inbox'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('trunkline.webhook_inbox'));
    SELECT child.relname, bound.day
    INTO oldest
    FROM pg_inherits
    JOIN pg_class AS child ON child.oid = inhrelid
    CROSS JOIN LATERAL (
        SELECT substring(pg_get_expr(child.relpartbound, child.oid) FROM 'FROM \(''([0-9-]+)''\)')::DATE AS day
    ) AS bound
    WHERE inhparent = 'trunkline.webhook_inbox'::REGCLASS
        AND bound.day < before
        AND NOT EXISTS (SELECT FROM trunkline.webhook_queue WHERE inbox_day = bound.day)
    ORDER BY bound.day
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DROP TABLE trunkline.%I', oldest.relname);
    DELETE FROM trunkline.webhook_dead_letters WHERE inbox_day = oldest.day;
    DELETE FROM trunkline.webhook_quarantine WHERE inbox_day = oldest.day;
    RETURN oldest.day;
END
$$;

COMMENT ON TABLE trunkline.webhook_inbox IS
    'Every webhook that was verified, as it came; a partition for each day (UTC)';
COMMENT ON COLUMN trunkline.webhook_inbox.day IS
    'The day of received_at in UTC';
COMMENT ON COLUMN trunkline.webhook_inbox.account_id IS
    'public.partner_configurations.id; no foreign key: what came outlives the account';
COMMENT ON COLUMN trunkline.webhook_inbox.source IS
    'Which stream: meta, 360dialog_events, 360dialog_numbers, twilio_messages, twilio_status';
COMMENT ON COLUMN trunkline.webhook_inbox.digest IS
    'Of account, source and body: the first 16 bytes of SHA-256. The same is stored once in two days';
COMMENT ON COLUMN trunkline.webhook_inbox.lanes IS
    'A byte for each lane in which it is worked on; see docs, Webhooks';
COMMENT ON COLUMN trunkline.webhook_inbox.delivery IS
    'What the provider calls this delivery, where it says so (I-Twilio-Idempotency-Token)';
COMMENT ON COLUMN trunkline.webhook_inbox.body IS
    'The bytes that came and were signed; they hold what people write to companies';
COMMENT ON TABLE trunkline.webhook_queue IS
    'What of the inbox waits to be worked on, in each lane in the order in which it came; what is done is no longer here';
COMMENT ON COLUMN trunkline.webhook_queue.inbox_id IS
    'trunkline.webhook_inbox.id';
COMMENT ON COLUMN trunkline.webhook_queue.due_at IS
    'Not before this instant, after an attempt that failed; NULL: at once';
COMMENT ON COLUMN trunkline.webhook_queue.error IS
    'Why the last attempt failed';
COMMENT ON TABLE trunkline.webhook_dead_letters IS
    'What could not be worked on and is not tried again by itself';
COMMENT ON TABLE trunkline.webhook_quarantine IS
    'What is about a client or channel that no company has; it is worked on again when one has it';
COMMENT ON COLUMN trunkline.webhook_quarantine.subject IS
    'The provider''s id of the client or channel; of a channel without one, the number';
COMMENT ON COLUMN trunkline.webhook_quarantine.client IS
    'The provider''s id of the client to which the number belongs, where that was said';
