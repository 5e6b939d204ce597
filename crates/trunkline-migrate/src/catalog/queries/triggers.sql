SELECT chosen.name AS owner, format('%I', t.tgname) AS name, json_strip_nulls(json_build_object(
    'keyword', 'TRIGGER',
    'definition', pg_get_triggerdef(t.oid),
    'enabled', CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END,
    'comment', obj_description(t.oid, 'pg_trigger')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = chosen.oid
WHERE NOT t.tgisinternal
    AND t.tgparentid = 0
