-- The clients and the channels of every provider as one list each: a page of a list is then a range of one index, not a merge of three tables. The
-- tables of the providers stay the truth; triggers on them keep the lists, in the transaction that changes them, and write nothing where nothing that is
-- listed changed. `document` is the row as the REST API shows it: it is put together when the row changes, which is less often than it is read.

-- The triggers lock the tables of the providers for a moment: give up rather than queue the platform's writes behind us.
SET LOCAL lock_timeout = '2s';

-- IMMUTABLE, although to_char and to_json are not: of digits and texts they make the same under every setting. Words that a CHECK allows need no escape;
-- concat is three times as fast as row_to_json.
CREATE OR REPLACE FUNCTION trunkline.client_document(
    id INTEGER,
    provider TEXT,
    provider_id TEXT,
    company_id INTEGER,
    name TEXT,
    status TEXT,
    provider_status TEXT,
    onboarded_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ
)
RETURNS TEXT
LANGUAGE plpgsql
IMMUTABLE
AS $$
BEGIN
    RETURN concat(
        '{"id":"', provider, '-', id, '"',
        ',"provider":"', provider, '"',
        ',"provider_id":', to_json(provider_id),
        ',"company_id":', company_id,
        ',"name":', coalesce(to_json(name)::TEXT, 'null'),
        ',"status":"', status, '"',
        ',"provider_status":', coalesce(to_json(provider_status)::TEXT, 'null'),
        ',"onboarded_at":', coalesce('"' || rtrim(rtrim(to_char(onboarded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z"', 'null'),
        ',"created_at":"', rtrim(rtrim(to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.'), 'Z"',
        ',"updated_at":"', rtrim(rtrim(to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.'), 'Z"',
        '}'
    );
END
$$;

CREATE OR REPLACE FUNCTION trunkline.channel_document(
    id INTEGER,
    provider TEXT,
    provider_id TEXT,
    company_id INTEGER,
    client_id INTEGER,
    phone_number TEXT,
    display_name TEXT,
    status TEXT,
    provider_status TEXT,
    quality_rating TEXT,
    provider_quality_rating TEXT,
    messaging_limit INTEGER,
    messaging_limit_scope TEXT,
    provider_messaging_limit TEXT,
    created_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ
)
RETURNS TEXT
LANGUAGE plpgsql
IMMUTABLE
AS $$
BEGIN
    RETURN concat(
        '{"id":"', provider, '-', id, '"',
        ',"provider":"', provider, '"',
        ',"provider_id":', to_json(provider_id),
        ',"company_id":', company_id,
        ',"client_id":"', provider, '-', client_id, '"',
        ',"phone_number":', coalesce(to_json(phone_number)::TEXT, 'null'),
        ',"display_name":', coalesce(to_json(display_name)::TEXT, 'null'),
        ',"status":"', status, '"',
        ',"provider_status":', coalesce(to_json(provider_status)::TEXT, 'null'),
        ',"quality_rating":"', quality_rating, '"',
        ',"provider_quality_rating":', coalesce(to_json(provider_quality_rating)::TEXT, 'null'),
        ',"messaging_limit":', coalesce(messaging_limit::TEXT, 'null'),
        ',"messaging_limit_scope":', coalesce(to_json(messaging_limit_scope)::TEXT, 'null'),
        ',"provider_messaging_limit":', coalesce(to_json(provider_messaging_limit)::TEXT, 'null'),
        ',"created_at":"', rtrim(rtrim(to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.'), 'Z"',
        ',"updated_at":"', rtrim(rtrim(to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.'), 'Z"',
        '}'
    );
END
$$;

CREATE TABLE IF NOT EXISTS trunkline.listed_clients (
    provider TEXT COLLATE "C" NOT NULL,
    id INTEGER NOT NULL,
    company_id INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    name TEXT,
    status TEXT NOT NULL,
    provider_status TEXT,
    onboarded_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    document TEXT NOT NULL GENERATED ALWAYS AS (
        trunkline.client_document(
            id, provider, provider_id, company_id, name, status, provider_status, onboarded_at, created_at,
            updated_at
        )
    ) STORED,
    CONSTRAINT listed_clients_pkey PRIMARY KEY (provider, id)
);

CREATE TABLE IF NOT EXISTS trunkline.listed_channels (
    provider TEXT COLLATE "C" NOT NULL,
    id INTEGER NOT NULL,
    company_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    phone_number TEXT,
    display_name TEXT,
    status TEXT NOT NULL,
    provider_status TEXT,
    quality_rating TEXT NOT NULL,
    provider_quality_rating TEXT,
    messaging_limit INTEGER,
    messaging_limit_scope TEXT,
    provider_messaging_limit TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    document TEXT NOT NULL GENERATED ALWAYS AS (
        trunkline.channel_document(
            id, provider, provider_id, company_id, client_id, phone_number, display_name, status,
            provider_status, quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
            provider_messaging_limit, created_at, updated_at
        )
    ) STORED,
    CONSTRAINT listed_channels_pkey PRIMARY KEY (provider, id)
);

CREATE OR REPLACE FUNCTION trunkline.list_client()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog
AS $$
DECLARE
    whose CONSTANT TEXT := TG_ARGV[0];
    provider_id TEXT;
    name TEXT;
BEGIN
    -- A table that was put aside is in no list, also when a company takes its rows there with it.
    IF starts_with(TG_TABLE_SCHEMA, 'trunkline_archive_') THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM trunkline.listed_clients
        WHERE provider = whose;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM trunkline.listed_clients
        WHERE provider = whose AND id = OLD.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.id <> OLD.id THEN
            DELETE FROM trunkline.listed_clients
            WHERE provider = whose AND id = OLD.id;
        END IF;
        IF NEW.company_id <> OLD.company_id THEN
            -- Whoever writes a channel of this client now has its company from before: wait for them, and let others wait.
            EXECUTE format('SELECT FROM %s WHERE id = $1 FOR UPDATE', TG_RELID::REGCLASS) USING NEW.id;
            EXECUTE format('SELECT FROM %s WHERE client_id = $1 FOR UPDATE', TG_ARGV[1]) USING NEW.id;
            UPDATE trunkline.listed_channels
            SET company_id = NEW.company_id
            WHERE provider = whose AND client_id = NEW.id AND company_id = OLD.company_id;
        END IF;
    END IF;

    CASE whose
        WHEN '360dialog' THEN
            provider_id := NEW.client_id;
            name := NEW.client_name;
        WHEN 'meta' THEN
            provider_id := NEW.business_account_id;
            name := NEW.business_account_name;
        ELSE
            provider_id := NEW.account_sid;
            name := NEW.account_name;
    END CASE;
    INSERT INTO trunkline.listed_clients AS listed (
        provider, id, company_id, provider_id, name, status, provider_status, onboarded_at, created_at,
        updated_at
    )
    VALUES (
        whose, NEW.id, NEW.company_id, provider_id, name, NEW.status, NEW.provider_status, NEW.onboarded_at,
        NEW.created_at, NEW.updated_at
    )
    ON CONFLICT (provider, id) DO UPDATE
    SET (
        company_id, provider_id, name, status, provider_status, onboarded_at, created_at, updated_at
    ) = (
        EXCLUDED.company_id, EXCLUDED.provider_id, EXCLUDED.name, EXCLUDED.status, EXCLUDED.provider_status, EXCLUDED.onboarded_at,
        EXCLUDED.created_at, EXCLUDED.updated_at
    )
    WHERE (
        listed.company_id, listed.provider_id, listed.name, listed.status, listed.provider_status, listed.onboarded_at, listed.created_at,
        listed.updated_at
    ) IS DISTINCT FROM (
        EXCLUDED.company_id, EXCLUDED.provider_id, EXCLUDED.name, EXCLUDED.status, EXCLUDED.provider_status, EXCLUDED.onboarded_at,
        EXCLUDED.created_at, EXCLUDED.updated_at
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION trunkline.list_channel()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog
AS $$
DECLARE
    whose CONSTANT TEXT := TG_ARGV[0];
    provider_id TEXT;
    company_id INTEGER;
    status TEXT;
BEGIN
    -- A table that was put aside is in no list, also when a company takes its rows there with it.
    IF starts_with(TG_TABLE_SCHEMA, 'trunkline_archive_') THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM trunkline.listed_channels
        WHERE provider = whose;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM trunkline.listed_channels
        WHERE provider = whose AND id = OLD.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.id <> OLD.id THEN
            DELETE FROM trunkline.listed_channels
            WHERE provider = whose AND id = OLD.id;
        END IF;
    END IF;

    status := NEW.status;
    CASE whose
        WHEN '360dialog' THEN
            provider_id := NEW.channel_id;
            SELECT client.company_id
            INTO company_id
            FROM public.dialog_360_clients AS client
            WHERE client.id = NEW.client_id;
        WHEN 'meta' THEN
            provider_id := NEW.phone_number_id;
            IF status = 'verified' THEN
                status := 'running';
            END IF;
            SELECT client.company_id
            INTO company_id
            FROM public.meta_whatsapp_clients AS client
            WHERE client.id = NEW.client_id;
        ELSE
            provider_id := NEW.sender_sid;
            SELECT client.company_id
            INTO company_id
            FROM trunkline.twilio_clients AS client
            WHERE client.id = NEW.client_id;
    END CASE;
    -- Only an old install has channels of no client.
    IF company_id IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO trunkline.listed_channels AS listed (
        provider, id, company_id, client_id, provider_id, phone_number, display_name, status,
        provider_status, quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
        provider_messaging_limit, created_at, updated_at
    )
    VALUES (
        whose, NEW.id, company_id, NEW.client_id, provider_id, NEW.phone_number, NEW.display_name, status,
        NEW.provider_status, NEW.quality_rating, NEW.provider_quality_rating, NEW.messaging_limit,
        NEW.messaging_limit_scope, NEW.provider_messaging_limit, NEW.created_at, NEW.updated_at
    )
    ON CONFLICT (provider, id) DO UPDATE
    SET (
        company_id, client_id, provider_id, phone_number, display_name, status, provider_status,
        quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
        provider_messaging_limit, created_at, updated_at
    ) = (
        EXCLUDED.company_id, EXCLUDED.client_id, EXCLUDED.provider_id, EXCLUDED.phone_number, EXCLUDED.display_name, EXCLUDED.status,
        EXCLUDED.provider_status, EXCLUDED.quality_rating, EXCLUDED.provider_quality_rating, EXCLUDED.messaging_limit,
        EXCLUDED.messaging_limit_scope, EXCLUDED.provider_messaging_limit, EXCLUDED.created_at, EXCLUDED.updated_at
    )
    WHERE (
        listed.company_id, listed.client_id, listed.provider_id, listed.phone_number, listed.display_name, listed.status,
        listed.provider_status, listed.quality_rating, listed.provider_quality_rating, listed.messaging_limit,
        listed.messaging_limit_scope, listed.provider_messaging_limit, listed.created_at, listed.updated_at
    ) IS DISTINCT FROM (
        EXCLUDED.company_id, EXCLUDED.client_id, EXCLUDED.provider_id, EXCLUDED.phone_number, EXCLUDED.display_name, EXCLUDED.status,
        EXCLUDED.provider_status, EXCLUDED.quality_rating, EXCLUDED.provider_quality_rating, EXCLUDED.messaging_limit,
        EXCLUDED.messaging_limit_scope, EXCLUDED.provider_messaging_limit, EXCLUDED.created_at, EXCLUDED.updated_at
    );
    RETURN NULL;
END
$$;

-- A whole row is compared, not its listed columns: the type of a column that a trigger names cannot be altered.
DO $$
DECLARE
    source RECORD;
    call TEXT;
BEGIN
    FOR source IN SELECT * FROM (VALUES
        ('public.dialog_360_clients'::REGCLASS, 'list_client', '{360dialog, public.dialog_360_channels}'::TEXT[]),
        ('public.meta_whatsapp_clients', 'list_client', '{meta, public.meta_whatsapp_phone_numbers}'),
        ('trunkline.twilio_clients', 'list_client', '{twilio, trunkline.twilio_senders}'),
        ('public.dialog_360_channels', 'list_channel', '{360dialog}'),
        ('public.meta_whatsapp_phone_numbers', 'list_channel', '{meta}'),
        ('trunkline.twilio_senders', 'list_channel', '{twilio}')
    ) AS list (relation, lister, arguments) LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = source.relation AND tgname = source.lister);
        call := format('EXECUTE FUNCTION trunkline.%I(%s)', source.lister, (SELECT string_agg(quote_literal(word), ', ') FROM unnest(source.arguments) AS word));
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR DELETE ON %s FOR EACH ROW ', source.lister, source.relation) || call;
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %s FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) ', source.lister || '_changed', source.relation)
            || call;
        EXECUTE format('CREATE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT ', source.lister || '_truncated', source.relation) || call;
    END LOOP;
END
$$;

COMMENT ON TABLE trunkline.listed_clients IS
    'The clients of every provider, as the REST API lists them; written by triggers on the tables of the providers alone';
COMMENT ON COLUMN trunkline.listed_clients.id IS
    'The id in the table of the provider';
COMMENT ON COLUMN trunkline.listed_clients.document IS
    'The client as the REST API shows it';
COMMENT ON TABLE trunkline.listed_channels IS
    'The channels of every provider, as the REST API lists them; written by triggers on the tables of the providers alone';
COMMENT ON COLUMN trunkline.listed_channels.id IS
    'The id in the table of the provider';
COMMENT ON COLUMN trunkline.listed_channels.status IS
    'One vocabulary for every provider: what Meta''s table calls verified is running';
COMMENT ON COLUMN trunkline.listed_channels.document IS
    'The channel as the REST API shows it';
