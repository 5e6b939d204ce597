-- Channels are listed by the partner account that their client belongs to, as clients are. The new column is added without a look at the rows; 039-account-order
-- fills it.

-- The lists are live: give up rather than queue the platform's writes behind us.
SET LOCAL lock_timeout = '2s';

ALTER TABLE trunkline.listed_channels
    ADD COLUMN IF NOT EXISTS partner_account_id INTEGER;

-- As 029 has it, and the account of the client's channels.
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
        IF (NEW.company_id, NEW.partner_configuration_id) IS DISTINCT FROM (OLD.company_id, OLD.partner_configuration_id) THEN
            -- Whoever adds a channel to this client now has its company and account from before: wait for them, and let others wait.
            EXECUTE format('SELECT FROM %s WHERE id = $1 FOR UPDATE', TG_RELID::REGCLASS) USING NEW.id;
            IF NEW.company_id <> OLD.company_id THEN
                -- And whoever writes one, as each write has the company.
                EXECUTE format('SELECT FROM %s WHERE client_id = $1 FOR UPDATE', TG_ARGV[1]) USING NEW.id;
            END IF;
            -- By the table of the provider, which has an index of the client: the list would read all channels of the company.
            EXECUTE format(
                'UPDATE trunkline.listed_channels AS listed
                SET company_id = $1, partner_account_id = $2
                FROM %s AS channel
                WHERE channel.client_id = $3
                    AND listed.provider = $4
                    AND listed.id = channel.id
                    AND listed.client_id = $3
                    AND listed.company_id = $5',
                TG_ARGV[1]
            ) USING NEW.company_id, NEW.partner_configuration_id, NEW.id, whose, OLD.company_id;
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
        updated_at, partner_account_id
    )
    VALUES (
        whose, NEW.id, NEW.company_id, provider_id, name, NEW.status, NEW.provider_status, NEW.onboarded_at,
        NEW.created_at, NEW.updated_at, NEW.partner_configuration_id
    )
    ON CONFLICT (provider, id) DO UPDATE
    SET (
        company_id, provider_id, name, status, provider_status, onboarded_at, created_at, updated_at, partner_account_id
    ) = (
        EXCLUDED.company_id, EXCLUDED.provider_id, EXCLUDED.name, EXCLUDED.status, EXCLUDED.provider_status, EXCLUDED.onboarded_at,
        EXCLUDED.created_at, EXCLUDED.updated_at, EXCLUDED.partner_account_id
    )
    WHERE (
        listed.company_id, listed.provider_id, listed.name, listed.status, listed.provider_status, listed.onboarded_at, listed.created_at,
        listed.updated_at, listed.partner_account_id
    ) IS DISTINCT FROM (
        EXCLUDED.company_id, EXCLUDED.provider_id, EXCLUDED.name, EXCLUDED.status, EXCLUDED.provider_status, EXCLUDED.onboarded_at,
        EXCLUDED.created_at, EXCLUDED.updated_at, EXCLUDED.partner_account_id
    );
    RETURN NULL;
END
$$;

-- As 022 has it, and the account.
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
    account_id INTEGER;
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
            SELECT client.company_id, client.partner_configuration_id
            INTO company_id, account_id
            FROM public.dialog_360_clients AS client
            WHERE client.id = NEW.client_id;
        WHEN 'meta' THEN
            provider_id := NEW.phone_number_id;
            IF status = 'verified' THEN
                status := 'running';
            END IF;
            SELECT client.company_id, client.partner_configuration_id
            INTO company_id, account_id
            FROM public.meta_whatsapp_clients AS client
            WHERE client.id = NEW.client_id;
        ELSE
            provider_id := NEW.sender_sid;
            SELECT client.company_id, client.partner_configuration_id
            INTO company_id, account_id
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
        provider_messaging_limit, created_at, updated_at, partner_account_id
    )
    VALUES (
        whose, NEW.id, company_id, NEW.client_id, provider_id, NEW.phone_number, NEW.display_name, status,
        NEW.provider_status, NEW.quality_rating, NEW.provider_quality_rating, NEW.messaging_limit,
        NEW.messaging_limit_scope, NEW.provider_messaging_limit, NEW.created_at, NEW.updated_at, account_id
    )
    -- The account of a channel that stays with its client is written with the client's: here it may be that of a moment ago.
    ON CONFLICT (provider, id) DO UPDATE
    SET (
        company_id, client_id, provider_id, phone_number, display_name, status, provider_status,
        quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
        provider_messaging_limit, created_at, updated_at, partner_account_id
    ) = (
        EXCLUDED.company_id, EXCLUDED.client_id, EXCLUDED.provider_id, EXCLUDED.phone_number, EXCLUDED.display_name, EXCLUDED.status,
        EXCLUDED.provider_status, EXCLUDED.quality_rating, EXCLUDED.provider_quality_rating, EXCLUDED.messaging_limit,
        EXCLUDED.messaging_limit_scope, EXCLUDED.provider_messaging_limit, EXCLUDED.created_at, EXCLUDED.updated_at,
        CASE WHEN EXCLUDED.client_id = listed.client_id THEN listed.partner_account_id ELSE EXCLUDED.partner_account_id END
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

COMMENT ON COLUMN trunkline.listed_channels.partner_account_id IS
    'partner_configuration_id of the client';
