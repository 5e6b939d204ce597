SELECT chosen.name AS owner, format('%I', k.conname) AS name, json_strip_nulls(json_build_object(
    'kind', CASE k.contype
        WHEN 'p' THEN 'primary_key'
        WHEN 'u' THEN 'unique'
        WHEN 'f' THEN 'foreign_key'
        WHEN 'x' THEN 'exclusion'
        ELSE 'check'
    END,
    'definition', regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
    'not_valid', CASE WHEN NOT k.convalidated THEN true END,
    'disabled', (
        SELECT json_agg(
            json_build_object('table', format('%I.%I', n.nspname, r.relname), 'trigger', format('%I', t.tgname))
            ORDER BY n.nspname, r.relname, t.tgname
        )
        FROM pg_catalog.pg_trigger AS t
        JOIN pg_catalog.pg_class AS r ON r.oid = t.tgrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
        WHERE k.contype = 'f' AND t.tgconstraint = k.oid AND t.tgenabled IN ('D', 'R')
    ),
    'columns', (
        SELECT json_agg(format('%I', a.attname) ORDER BY u.place)
        FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number
        WHERE k.contype <> 'c'
    ),
    'references', (
        SELECT format('%I.%I', n.nspname, r.relname)
        FROM pg_catalog.pg_class AS r
        JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
        WHERE k.contype = 'f' AND r.oid = k.confrelid
    ),
    'referenced_columns', (
        SELECT json_agg(format('%I', a.attname) ORDER BY u.place)
        FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.number
    ),
    'comment', obj_description(k.oid, 'pg_constraint')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = chosen.oid
-- Since version 18 a NOT NULL is a constraint too; it is compared with its column.
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')
    AND k.conparentid = 0
    AND (k.conislocal OR k.coninhcount = 0)
