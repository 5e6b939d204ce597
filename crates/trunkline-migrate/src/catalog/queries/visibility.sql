SELECT format('%I.%I', n.nspname, c.relname) AS name,
    quote_ident(current_user) AS login,
    bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable,
    bool_or(row_security_active(c.oid)) AS filtered
FROM unnest($1, $2) AS needed (relation, name)
JOIN pg_catalog.pg_class AS c ON true
JOIN pg_catalog.pg_namespace AS n
    ON n.oid = c.relnamespace AND format('%I.%I', n.nspname, c.relname) = needed.relation
JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND format('%I', a.attname) = needed.name AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p')
GROUP BY n.nspname, c.relname
