-- What the service knows of a partner account beyond the contract's columns. A table of its own, so that the contract stays as the platform reads it.

-- The foreign key and the trigger briefly lock the contract table.
SET LOCAL lock_timeout = '2s';

CREATE TABLE IF NOT EXISTS trunkline.partner_account_details (
    partner_configuration_id INTEGER NOT NULL,
    slug TEXT NOT NULL DEFAULT replace(gen_random_uuid()::TEXT, '-', ''),
    label TEXT,
    graph_version TEXT,
    base_url TEXT,
    webhook_header TEXT,
    logo BYTEA,
    logo_type TEXT,
    checked_at TIMESTAMPTZ,
    check_findings JSONB,
    CONSTRAINT partner_account_details_pkey PRIMARY KEY (partner_configuration_id),
    CONSTRAINT partner_account_details_slug_key UNIQUE (slug),
    CONSTRAINT partner_account_details_logo_check CHECK ((logo IS NULL) = (logo_type IS NULL)),
    CONSTRAINT partner_account_details_partner_configuration_id_fkey
        FOREIGN KEY (partner_configuration_id) REFERENCES public.partner_configurations (id) ON DELETE CASCADE
);

-- Every account has its details, also one that the platform inserts.
CREATE OR REPLACE FUNCTION trunkline.add_partner_account_details()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    INSERT INTO trunkline.partner_account_details (partner_configuration_id)
    VALUES (NEW.id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'public.partner_configurations'::REGCLASS AND tgname = 'add_partner_account_details') THEN
        CREATE TRIGGER add_partner_account_details
            AFTER INSERT ON public.partner_configurations
            FOR EACH ROW EXECUTE FUNCTION trunkline.add_partner_account_details();
    END IF;
END
$$;

INSERT INTO trunkline.partner_account_details (partner_configuration_id)
SELECT id
FROM public.partner_configurations
ON CONFLICT DO NOTHING;

COMMENT ON TABLE trunkline.partner_account_details IS
    'What the service knows of a row of public.partner_configurations beyond the contract';
COMMENT ON COLUMN trunkline.partner_account_details.slug IS
    'The account in the path of its webhook URLs; 122 random bits, so that nobody guesses it';
COMMENT ON COLUMN trunkline.partner_account_details.label IS
    'What the administrators call the account';
COMMENT ON COLUMN trunkline.partner_account_details.graph_version IS
    'Meta: version of the Graph API, as v24.0; NULL: the service''s default';
COMMENT ON COLUMN trunkline.partner_account_details.base_url IS
    'Where the provider''s API is; NULL: the provider''s own address';
COMMENT ON COLUMN trunkline.partner_account_details.webhook_header IS
    '360dialog: name of the custom webhook header whose value is webhook_verify_token';
COMMENT ON COLUMN trunkline.partner_account_details.logo IS
    'An uploaded logo, as it was checked and written anew';
COMMENT ON COLUMN trunkline.partner_account_details.check_findings IS
    'What the last check at the provider found: an array of findings';
