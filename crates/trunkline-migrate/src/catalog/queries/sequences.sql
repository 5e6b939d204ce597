SELECT '' AS owner, chosen.name, json_strip_nulls(json_build_object(
    'keyword', 'SEQUENCE',
    'definition', concat_ws(
        ' ',
        'AS ' || format_type(s.seqtypid, NULL),
        'INCREMENT BY ' || s.seqincrement,
        'MINVALUE ' || s.seqmin,
        'MAXVALUE ' || s.seqmax,
        'START WITH ' || s.seqstart,
        'CACHE ' || s.seqcache,
        CASE WHEN s.seqcycle THEN 'CYCLE' END
    ),
    'owned_by', (
        SELECT format('%I.%I.%I', n.nspname, r.relname, a.attname)
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_class AS r ON r.oid = d.refobjid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.objid = chosen.oid
            AND d.deptype = 'a'
    ),
    'comment', obj_description(chosen.oid, 'pg_class')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = chosen.oid
-- The sequence of an identity column is part of the column.
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.objid = chosen.oid
        AND d.deptype = 'i'
)
