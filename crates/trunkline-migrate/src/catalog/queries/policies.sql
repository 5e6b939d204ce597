SELECT chosen.name AS owner, format('%I', p.polname) AS name, json_strip_nulls(json_build_object(
    'keyword', 'POLICY',
    'definition', concat_ws(
        ' ',
        'AS ' || CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        'FOR ' || CASE p.polcmd
            WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL'
        END,
        'TO ' || (
            SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname)
            FROM unnest(p.polroles) AS u (oid)
            LEFT JOIN pg_catalog.pg_roles AS r USING (oid)
        ),
        'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
        'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
    ),
    'comment', obj_description(p.oid, 'pg_policy')
))::text AS shape
FROM chosen
JOIN pg_catalog.pg_policy AS p ON p.polrelid = chosen.oid
