SELECT '' AS owner, format('%I', n.nspname) AS name, json_strip_nulls(json_build_object(
    'keyword', 'SCHEMA',
    'definition', '',
    'comment', obj_description(n.oid, 'pg_namespace')
))::text AS shape
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_'
    AND ($1::pg_catalog.text[] IS NULL OR format('%I', n.nspname) = ANY ($1))
