SELECT '' AS owner, format('%I', e.extname) AS name, json_build_object(
    'keyword', 'EXTENSION',
    'definition', ''
)::text AS shape
FROM pg_catalog.pg_extension AS e
WHERE e.extname <> 'plpgsql'
    AND ($1::pg_catalog.text[] IS NULL OR format('%I', e.extname) = ANY ($1))
