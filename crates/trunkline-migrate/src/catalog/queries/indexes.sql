SELECT chosen.name AS owner, format('%I', i.relname) AS name, json_strip_nulls(json_build_object(
    'unique', CASE WHEN x.indisunique THEN true END,
    -- What follows the table's name, so that an index can be recognised under another name.
    'definition', substr(pg_get_indexdef(i.oid), length(format(
        'CREATE %sINDEX %I ON %s%s ',
        CASE WHEN x.indisunique THEN 'UNIQUE ' END,
        i.relname,
        CASE WHEN i.relkind = 'I' THEN 'ONLY ' END,
        chosen.name
    )) + 1),
    'invalid', CASE WHEN NOT (x.indisvalid AND x.indisready) THEN true END,
    'constraint', (
        SELECT format('%I', k.conname)
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')
    ),
    'in_use', CASE WHEN x.indisreplident OR x.indisclustered THEN true END,
    'comment', obj_description(i.oid, 'pg_class')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_index AS x ON x.indrelid = chosen.oid
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
WHERE NOT i.relispartition
