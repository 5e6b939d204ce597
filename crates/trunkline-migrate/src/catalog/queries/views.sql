SELECT '' AS owner, chosen.name, json_strip_nulls(json_build_object(
    'keyword', CASE chosen.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
    'definition', coalesce('WITH (' || array_to_string(c.reloptions, ', ') || ') ', '')
        || 'AS' || chr(10) || rtrim(pg_get_viewdef(c.oid), ';'),
    -- The text of a view depends on the server's version.
    'written_by', current_setting('server_version_num')::integer / 10000,
    'comment', obj_description(c.oid, 'pg_class')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_class AS c USING (oid)
WHERE chosen.relkind IN ('v', 'm')
