-- Brings the indexes, unique keys and foreign keys of partner tables that an earlier 007-009 made to those of ours. Each change is announced; where
-- all is right nothing is touched or locked. Indexes and keys that the platform added itself are kept.
-- trunkline: requires public.companies(id integer primary key)

-- A foreign key takes SHARE ROW EXCLUSIVE on the live table companies until commit, replacing one even ACCESS EXCLUSIVE: give up rather than queue the
-- platform's queries behind us. For the same reason those keys come last.
SET LOCAL lock_timeout = '2s';

-- One account per provider was the older rule; several are allowed now. Plain indexes on what a UNIQUE key serves only cost writes.
DO $$
DECLARE
    older RECORD;
BEGIN
    FOR older IN
        SELECT indexrelid::REGCLASS::TEXT AS index, conname
        FROM pg_index
        JOIN pg_attribute ON attrelid = indrelid AND attname = 'provider'
        LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid AND contype = 'u'
        WHERE indrelid = to_regclass('public.partner_configurations')
            AND indisunique
            AND indpred IS NULL
            AND indnkeyatts = 1
            AND indkey[0] = attnum
    LOOP
        EXECUTE coalesce(format('ALTER TABLE public.partner_configurations DROP CONSTRAINT %I', older.conname), format('DROP INDEX %s', older.index));
        RAISE NOTICE 'public.partner_configurations: dropped %, which allowed one account per provider', coalesce(older.conname, older.index);
    END LOOP;

    FOR older IN
        SELECT served.relation, served.columns, index.oid::REGCLASS::TEXT AS index
        FROM (VALUES
            ('partner_configurations', 'id'),
            ('partner_configurations', 'provider'),
            ('partner_configurations', 'provider, partner_id'),
            ('dialog_360_clients', 'id'),
            ('dialog_360_clients', 'client_id'),
            ('dialog_360_channels', 'id'),
            ('dialog_360_channels', 'channel_id'),
            ('meta_whatsapp_clients', 'id'),
            ('meta_whatsapp_clients', 'business_account_id'),
            ('meta_whatsapp_phone_numbers', 'id'),
            ('meta_whatsapp_phone_numbers', 'phone_number_id')
        ) AS served (relation, columns)
        JOIN pg_index ON indrelid = to_regclass('public.' || served.relation)
        JOIN pg_class AS index ON index.oid = indexrelid
        WHERE pg_get_indexdef(indexrelid) = format('CREATE INDEX %I ON public.%I USING btree (%s)', index.relname, served.relation, served.columns)
    LOOP
        EXECUTE format('DROP INDEX %s', older.index);
        RAISE NOTICE 'public.%: dropped index %, a UNIQUE key serves (%)', older.relation, older.index, older.columns;
    END LOOP;
END
$$;

DO $$
DECLARE
    wanted RECORD;
    definition TEXT;
    found_definition TEXT;
    is_valid BOOLEAN;
BEGIN
    FOR wanted IN SELECT * FROM (VALUES
        ('partner_configurations', 'partner_configurations_default_key',
            'CREATE UNIQUE INDEX partner_configurations_default_key ON public.partner_configurations USING btree (provider) WHERE (is_default AND is_active)'),
        ('dialog_360_clients', 'idx_dialog_360_clients_company_id', 'company_id'),
        ('dialog_360_clients', 'idx_dialog_360_clients_status', 'status'),
        ('dialog_360_channels', 'idx_dialog_360_channels_client_id', 'client_id'),
        ('dialog_360_channels', 'idx_dialog_360_channels_status', 'status'),
        ('dialog_360_channels', 'idx_dialog_360_channels_phone_number', 'phone_number'),
        ('meta_whatsapp_clients', 'idx_meta_whatsapp_clients_company_id', 'company_id'),
        ('meta_whatsapp_clients', 'idx_meta_whatsapp_clients_status', 'status'),
        ('meta_whatsapp_phone_numbers', 'idx_meta_whatsapp_phone_numbers_client_id', 'client_id'),
        ('meta_whatsapp_phone_numbers', 'idx_meta_whatsapp_phone_numbers_status', 'status'),
        ('meta_whatsapp_phone_numbers', 'idx_meta_whatsapp_phone_numbers_phone_number', 'phone_number')
    ) AS list (relation, name, definition) LOOP
        CONTINUE WHEN to_regclass('public.' || wanted.relation) IS NULL;
        definition := CASE
            WHEN wanted.definition LIKE 'CREATE %' THEN wanted.definition
            ELSE format('CREATE INDEX %I ON public.%I USING btree (%s)', wanted.name, wanted.relation, wanted.definition)
        END;
        SELECT pg_get_indexdef(indexrelid), indisvalid
        INTO found_definition, is_valid
        FROM pg_index
        WHERE indexrelid = to_regclass('public.' || wanted.name);
        CONTINUE WHEN found_definition = definition AND is_valid;

        IF found_definition IS NOT NULL THEN
            EXECUTE format('DROP INDEX public.%I', wanted.name);
            RAISE NOTICE 'public.%: dropped %: %', wanted.relation, CASE WHEN is_valid THEN 'an index of our name' ELSE 'an invalid index' END, found_definition;
        END IF;
        EXECUTE definition;
        RAISE NOTICE 'public.%: created index %', wanted.relation, wanted.name;
    END LOOP;
END
$$;

DO $$
DECLARE
    search_path CONSTANT TEXT := current_setting('search_path');
    wanted RECORD;
    older RECORD;
    target TEXT;
    columns TEXT;
    parent TEXT;
    is_there BOOLEAN;
    misfits BIGINT;
BEGIN
    -- Without a search path PostgreSQL prints the table that a foreign key refers to with its schema.
    PERFORM set_config('search_path', '', true);

    FOR wanted IN SELECT * FROM (VALUES
        ('partner_configurations', 'partner_configurations_pkey', 'PRIMARY KEY (id)'),
        ('partner_configurations', 'partner_configurations_provider_partner_id_key', 'UNIQUE (provider, partner_id)'),
        ('dialog_360_clients', 'dialog_360_clients_pkey', 'PRIMARY KEY (id)'),
        ('dialog_360_clients', 'dialog_360_clients_client_id_key', 'UNIQUE (client_id)'),
        ('dialog_360_channels', 'dialog_360_channels_pkey', 'PRIMARY KEY (id)'),
        ('dialog_360_channels', 'dialog_360_channels_channel_id_key', 'UNIQUE (channel_id)'),
        ('meta_whatsapp_clients', 'meta_whatsapp_clients_pkey', 'PRIMARY KEY (id)'),
        ('meta_whatsapp_clients', 'meta_whatsapp_clients_business_account_id_key', 'UNIQUE (business_account_id)'),
        ('meta_whatsapp_phone_numbers', 'meta_whatsapp_phone_numbers_pkey', 'PRIMARY KEY (id)'),
        ('meta_whatsapp_phone_numbers', 'meta_whatsapp_phone_numbers_phone_number_id_key', 'UNIQUE (phone_number_id)'),
        ('dialog_360_channels', 'dialog_360_channels_client_id_fkey',
            'FOREIGN KEY (client_id) REFERENCES public.dialog_360_clients(id) ON DELETE CASCADE'),
        ('meta_whatsapp_phone_numbers', 'meta_whatsapp_phone_numbers_client_id_fkey',
            'FOREIGN KEY (client_id) REFERENCES public.meta_whatsapp_clients(id) ON DELETE CASCADE'),
        ('dialog_360_clients', 'dialog_360_clients_company_id_fkey',
            'FOREIGN KEY (company_id) REFERENCES public.companies(id) ON DELETE CASCADE'),
        ('meta_whatsapp_clients', 'meta_whatsapp_clients_company_id_fkey',
            'FOREIGN KEY (company_id) REFERENCES public.companies(id) ON DELETE CASCADE')
    ) AS list (relation, name, definition) LOOP
        CONTINUE WHEN to_regclass('public.' || wanted.relation) IS NULL;
        target := format('ALTER TABLE public.%I ', wanted.relation);
        columns := substring(wanted.definition FROM '\(([^)]*)\)');
        parent := substring(wanted.definition FROM 'REFERENCES ([^(]*)');
        is_there := false;

        -- The keys on these columns: ours may have another name; one with other actions is replaced.
        FOR older IN
            SELECT conname, pg_get_constraintdef(oid) AS definition
            FROM pg_constraint
            WHERE conrelid = to_regclass('public.' || wanted.relation)
                AND starts_with(pg_get_constraintdef(oid), regexp_replace(wanted.definition, ' REFERENCES.*', ''))
            ORDER BY conname <> wanted.name
        LOOP
            IF NOT is_there AND older.definition IN (wanted.definition, wanted.definition || ' NOT VALID') THEN
                is_there := true;
                CONTINUE WHEN older.conname = wanted.name;
                EXECUTE target || format('RENAME CONSTRAINT %I TO %I', older.conname, wanted.name);
                RAISE NOTICE 'public.%: renamed constraint % to %', wanted.relation, older.conname, wanted.name;
            ELSE
                EXECUTE target || format('DROP CONSTRAINT %I', older.conname);
                RAISE NOTICE 'public.%: dropped constraint % %', wanted.relation, older.conname, older.definition;
            END IF;
        END LOOP;
        CONTINUE WHEN is_there;

        misfits := 0;
        IF parent IS NOT NULL THEN
            EXECUTE format('SELECT count(*) FROM public.%I AS child WHERE %2$I IS NOT NULL AND NOT EXISTS (SELECT FROM %3$s AS parent WHERE parent.id = child.%2$I)',
                wanted.relation, columns, parent)
            INTO misfits;
        ELSIF wanted.definition LIKE 'UNIQUE %' THEN
            -- Two rows of one identifier: the one changed last keeps it, the others stay, out of use.
            EXECUTE format('UPDATE public.%I AS extra SET %s WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER ('
                || 'PARTITION BY %s ORDER BY updated_at DESC, id DESC) AS place FROM public.%1$I) AS twins WHERE place > 1)',
                wanted.relation,
                CASE wanted.relation
                    WHEN 'partner_configurations' THEN 'is_active = false, is_default = false, partner_id = partner_id || ''-duplicate-'' || id'
                    ELSE format('provider_status = coalesce(provider_status, status), status = ''pending'', %1$I = %1$I || ''-duplicate-'' || id', columns)
                END,
                columns);
            GET DIAGNOSTICS misfits = ROW_COUNT;
            IF misfits > 0 THEN
                RAISE NOTICE 'public.%: % rows repeated (%) of a row changed later, now end in -duplicate-<id> and are out of use', wanted.relation, misfits, columns;
                misfits := 0;
            END IF;
        END IF;

        EXECUTE target || format('ADD CONSTRAINT %I %s', wanted.name, wanted.definition) || CASE WHEN misfits > 0 THEN ' NOT VALID' ELSE '' END;
        RAISE NOTICE 'public.%: added constraint % %', wanted.relation, wanted.name, wanted.definition;
        IF misfits > 0 THEN
            RAISE WARNING 'public.%: % rows have a % that is not in %, so the constraint holds for new rows only', wanted.relation, misfits, columns, parent
                USING HINT = format('Correct or delete these rows, then: %sVALIDATE CONSTRAINT %I;', target, wanted.name);
        END IF;
    END LOOP;

    PERFORM set_config('search_path', search_path, true);
END
$$;
