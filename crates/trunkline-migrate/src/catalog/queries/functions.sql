SELECT '' AS owner, format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS name,
    json_strip_nulls(json_build_object(
        'keyword', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
        'definition', rtrim(pg_get_functiondef(p.oid), E'\n'),
        'comment', obj_description(p.oid, 'pg_proc')
    ))::text AS shape
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p', 'w')
    AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_'
    AND ($1::pg_catalog.text[] IS NULL OR format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) = ANY ($1))
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND d.objid = p.oid
            AND d.deptype = 'e'
    )
