-- One row of JSON: every relation named in $1 with what its locks depend on, and the volatility of the functions named in $2.
-- With $3 also what refers to them by foreign keys at any distance (TRUNCATE … CASCADE).
-- Takes no lock on any of them: sizes are asked only of relations that nobody locks against it, and no expression is printed.
WITH RECURSIVE named AS (
    SELECT class.oid, class.relname
    FROM pg_catalog.pg_class AS class
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE class.relname = ANY ($1)
        AND class.relkind IN ('r', 'p', 'v', 'm', 'f', 'i', 'I', 'S', 'c')
        AND namespace.nspname !~ '^(pg_|information_schema$)'
),
owners AS (
    SELECT coalesce(index.indrelid, named.oid) AS oid
    FROM named
    LEFT JOIN pg_catalog.pg_index AS index ON index.indexrelid = named.oid
),
family AS (
    SELECT oid FROM owners
    UNION
    SELECT inherits.inhrelid
    FROM family
    JOIN pg_catalog.pg_inherits AS inherits ON inherits.inhparent = family.oid
),
referring AS (
    SELECT oid FROM family
    UNION
    SELECT key.conrelid
    FROM referring
    JOIN pg_catalog.pg_constraint AS key ON key.contype = 'f' AND key.confrelid = referring.oid
    WHERE $3
),
related AS (
    SELECT oid FROM referring
    UNION SELECT oid FROM named
    UNION SELECT confrelid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM family)
    UNION SELECT conrelid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confrelid IN (SELECT oid FROM family)
    UNION SELECT inhparent FROM pg_catalog.pg_inherits WHERE inhrelid IN (SELECT oid FROM family)
    UNION SELECT source FROM read_by WHERE view IN (SELECT oid FROM named)
),
read_by AS (
    SELECT DISTINCT rule.ev_class AS view, depend.refobjid AS source
    FROM named
    JOIN pg_catalog.pg_rewrite AS rule ON rule.ev_class = named.oid
    JOIN pg_catalog.pg_depend AS depend ON depend.objid = rule.oid
    WHERE depend.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        AND depend.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND depend.refobjid <> rule.ev_class
),
closed AS (
    SELECT relation AS oid
    FROM pg_catalog.pg_locks
    WHERE locktype = 'relation'
        AND mode = 'AccessExclusiveLock'
        AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
)
SELECT pg_catalog.jsonb_build_object(
    'search_path', pg_catalog.current_schemas(false),
    'time_zone', pg_catalog.current_setting('TimeZone'),
    'schemas', (SELECT pg_catalog.jsonb_agg(nspname) FROM pg_catalog.pg_namespace),
    'extensions', (SELECT pg_catalog.jsonb_agg(extname) FROM pg_catalog.pg_extension),
    'domains', (
        SELECT coalesce(pg_catalog.jsonb_agg(typname), '[]')
        FROM pg_catalog.pg_type
        WHERE typtype = 'd' AND EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contypid = pg_type.oid)
    ),
    'coercible', (
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
            pg_catalog.format_type(castsource, NULL), pg_catalog.format_type(casttarget, NULL)))
        FROM pg_catalog.pg_cast
        WHERE castmethod = 'b'
    ),
    'functions', (
        SELECT coalesce(pg_catalog.jsonb_object_agg(proname, volatile), '{}')
        FROM (
            SELECT proname, pg_catalog.bool_or(provolatile = 'v') AS volatile
            FROM pg_catalog.pg_proc
            WHERE proname = ANY ($2)
            GROUP BY proname
        ) AS called
    ),
    'relations', (
        SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'oid', class.oid::pg_catalog.int8,
            'schema', namespace.nspname,
            'name', class.relname,
            'kind', class.relkind,
            'owner', coalesce(index.indrelid, class.oid)::pg_catalog.int8,
            'pages', class.relpages,
            'tuples', class.reltuples,
            'block', pg_catalog.current_setting('block_size')::pg_catalog.int4,
            'bytes', CASE WHEN size.known THEN pg_catalog.pg_relation_size(class.oid) END,
            'total_bytes', CASE WHEN size.known THEN pg_catalog.pg_total_relation_size(class.oid) END,
            'parents', (
                SELECT coalesce(pg_catalog.jsonb_agg(inhparent::pg_catalog.int8), '[]')
                FROM pg_catalog.pg_inherits
                WHERE inhrelid = class.oid
            ),
            'reads', (
                SELECT coalesce(pg_catalog.jsonb_agg(source::pg_catalog.int8), '[]')
                FROM read_by
                WHERE view = class.oid
            ),
            'columns', (
                SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', attname,
                    'data_type', pg_catalog.format_type(atttypid, atttypmod),
                    'length', attlen,
                    'not_null', attnotnull
                ) ORDER BY attnum), '[]')
                FROM pg_catalog.pg_attribute
                WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped
            ),
            'constraints', (
                SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', conname,
                    'kind', contype,
                    'valid', convalidated,
                    'references', nullif(confrelid, 0)::pg_catalog.int8,
                    'columns', (
                        SELECT coalesce(pg_catalog.jsonb_agg(attname), '[]')
                        FROM pg_catalog.pg_attribute
                        WHERE attrelid = conrelid AND attnum = ANY (conkey)
                    ),
                    'referenced_columns', (
                        SELECT coalesce(pg_catalog.jsonb_agg(attname), '[]')
                        FROM pg_catalog.pg_attribute
                        WHERE attrelid = confrelid AND attnum = ANY (confkey)
                    ),
                    -- `column IS NOT NULL`: pg_get_constraintdef would say so, but locks the table to find the column's name.
                    'proves_not_null', contype = 'c' AND convalidated AND pg_catalog.cardinality(conkey) = 1
                        AND conbin::pg_catalog.text LIKE '{NULLTEST :arg {VAR %:nulltesttype 1 %'
                ) ORDER BY conname), '[]')
                FROM pg_catalog.pg_constraint
                WHERE conrelid = class.oid
            )
        ) ORDER BY namespace.nspname, class.relname), '[]')
        FROM related
        JOIN pg_catalog.pg_class AS class ON class.oid = related.oid
        JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
        LEFT JOIN pg_catalog.pg_index AS index ON index.indexrelid = class.oid
        CROSS JOIN LATERAL (
            SELECT class.relkind IN ('r', 'm', 't') AND class.oid NOT IN (SELECT oid FROM closed WHERE oid IS NOT NULL) AS known
        ) AS size
    )
) AS catalogue
