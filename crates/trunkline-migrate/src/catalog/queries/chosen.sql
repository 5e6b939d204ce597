WITH chosen AS (
    SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
        AND CASE
            WHEN $1::pg_catalog.text[] IS NOT NULL THEN format('%I.%I', n.nspname, c.relname) = ANY ($1)
            ELSE n.nspname <> 'information_schema'
                AND n.nspname !~ '^pg_'
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.objid = c.oid
                        AND d.deptype = 'e'
                )
        END
)
