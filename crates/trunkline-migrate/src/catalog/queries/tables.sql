SELECT '' AS owner, chosen.name, json_strip_nulls(json_build_object(
    'unlogged', CASE WHEN c.relpersistence = 'u' THEN true END,
    'partition_key', pg_get_partkeydef(c.oid),
    'partition_bound', pg_get_expr(c.relpartbound, c.oid),
    'parents', (
        SELECT json_agg(format('%I.%I', n.nspname, parent.relname) ORDER BY i.inhseqno)
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS parent ON parent.oid = i.inhparent
        JOIN pg_catalog.pg_namespace AS n ON n.oid = parent.relnamespace
        WHERE i.inhrelid = c.oid
    ),
    'options', (SELECT json_agg(option ORDER BY option) FROM unnest(c.reloptions) AS option),
    'row_security', CASE WHEN c.relrowsecurity THEN true END,
    'force_row_security', CASE WHEN c.relforcerowsecurity THEN true END,
    'comment', obj_description(c.oid, 'pg_class')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_class AS c USING (oid)
WHERE chosen.relkind IN ('r', 'p')
