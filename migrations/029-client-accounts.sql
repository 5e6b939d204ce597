-- Which partner account a client belongs to: its credentials serve the client's channels. NULL: not known, and the provider's default account serves it.
-- A new column without values is added, and its foreign key valid, without a look at the rows.

-- The contract tables are live: give up rather than queue the platform's writes behind us.
SET LOCAL lock_timeout = '2s';

ALTER TABLE public.dialog_360_clients
    ADD COLUMN IF NOT EXISTS partner_configuration_id INTEGER
        CONSTRAINT dialog_360_clients_partner_configuration_id_fkey REFERENCES public.partner_configurations (id);
ALTER TABLE public.meta_whatsapp_clients
    ADD COLUMN IF NOT EXISTS partner_configuration_id INTEGER
        CONSTRAINT meta_whatsapp_clients_partner_configuration_id_fkey REFERENCES public.partner_configurations (id);
ALTER TABLE trunkline.twilio_clients
    ADD COLUMN IF NOT EXISTS partner_configuration_id INTEGER
        CONSTRAINT twilio_clients_partner_configuration_id_fkey REFERENCES public.partner_configurations (id);
ALTER TABLE trunkline.listed_clients
    ADD COLUMN IF NOT EXISTS partner_account_id INTEGER;

-- As 022 has it, and the account.
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

COMMENT ON COLUMN public.dialog_360_clients.partner_configuration_id IS
    'public.partner_configurations.id of the account that it belongs to; NULL: not known, the provider''s default serves it';
COMMENT ON COLUMN public.meta_whatsapp_clients.partner_configuration_id IS
    'public.partner_configurations.id of the account that it belongs to; NULL: not known, the provider''s default serves it';
COMMENT ON COLUMN trunkline.twilio_clients.partner_configuration_id IS
    'public.partner_configurations.id of the account that it belongs to; NULL: not known, the provider''s default serves it';
COMMENT ON COLUMN trunkline.listed_clients.partner_account_id IS
    'partner_configuration_id of the client; the REST API shows it beside the document';
