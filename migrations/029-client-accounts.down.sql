-- Which account a client belongs to is lost, and refused without --drop-data where it is known: webhooks and syncs tell it again.

-- Each briefly locks a table that is live.
SET LOCAL lock_timeout = '2s';

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

ALTER TABLE trunkline.listed_clients
    DROP COLUMN IF EXISTS partner_account_id;
ALTER TABLE trunkline.twilio_clients
    DROP COLUMN IF EXISTS partner_configuration_id;
ALTER TABLE public.meta_whatsapp_clients
    DROP COLUMN IF EXISTS partner_configuration_id;
ALTER TABLE public.dialog_360_clients
    DROP COLUMN IF EXISTS partner_configuration_id;
