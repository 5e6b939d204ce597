SELECT '' AS owner, format('%I.%I', n.nspname, t.typname) AS name, json_strip_nulls(json_build_object(
    'keyword', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
    'definition', CASE t.typtype
        WHEN 'e' THEN 'AS ENUM (' || coalesce((
            SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
            FROM pg_catalog.pg_enum AS e
            WHERE e.enumtypid = t.oid
        ), '') || ')'
        WHEN 'r' THEN (
            SELECT 'AS RANGE (SUBTYPE = ' || format_type(r.rngsubtype, NULL) || ')'
            FROM pg_catalog.pg_range AS r
            WHERE r.rngtypid = t.oid
        )
        WHEN 'c' THEN 'AS (' || coalesce((
            SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ), '') || ')'
        ELSE concat_ws(
            ' ',
            'AS ' || format_type(t.typbasetype, t.typtypmod),
            'DEFAULT ' || t.typdefault,
            CASE WHEN t.typnotnull THEN 'NOT NULL' END,
            (
                SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
                FROM pg_catalog.pg_constraint AS k
                WHERE k.contypid = t.oid AND k.contype = 'c'
            )
        )
    END,
    'comment', obj_description(t.oid, 'pg_type')
))::text AS shape
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE (
        t.typtype IN ('e', 'd', 'r')
        OR t.typtype = 'c' AND EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            WHERE c.oid = t.typrelid AND c.relkind = 'c'
        )
    )
    AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_'
    AND ($1::pg_catalog.text[] IS NULL OR format('%I.%I', n.nspname, t.typname) = ANY ($1))
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            AND d.objid = t.oid
            AND d.deptype = 'e'
    )
