SELECT current_setting('server_version_num')::int4 AS server_version,
       pg_is_in_recovery() AS in_recovery,
       current_setting('default_transaction_read_only')::bool AS read_only,
       pg_backend_pid() AS backend,
       current_user::text AS login,
       current_database()::text AS database,
       to_regclass('trunkline.migrations') IS NOT NULL AS has_ledger,
       CASE
           WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = 'trunkline')
           THEN (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'trunkline')
           ELSE has_database_privilege(current_database(), 'CREATE')
       END AS may_create_schema,
       (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'name', wanted.name,
                      'may_create', (
                          SELECT has_schema_privilege(n.oid, 'CREATE')
                          FROM pg_namespace n
                          WHERE n.nspname = wanted.name
                      ))), '[]')
           FROM (
               SELECT DISTINCT coalesce(nullif(name, ''), current_schema()::text, 'public') AS name
               FROM unnest($3) AS name
           ) AS wanted
       ) AS schemas,
       (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'schema', wanted.schema,
                      'table', wanted.table_name,
                      'exists', c.oid IS NOT NULL,
                      'may_reference', has_any_column_privilege(c.oid, 'REFERENCES'),
                      'columns', (
                          SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'name', a.attname,
                                     'data_type', format_type(a.atttypid, a.atttypmod),
                                     'key', EXISTS (
                                         SELECT FROM pg_index i
                                         WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
                                           AND i.indpred IS NULL AND i.indnkeyatts = 1
                                           AND i.indkey[0] = a.attnum
                                     ))), '[]')
                          FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                      )) ORDER BY wanted.position), '[]')
           FROM unnest($1, $2) WITH ORDINALITY AS wanted (schema, table_name, position)
           LEFT JOIN pg_namespace n ON n.nspname = wanted.schema
           LEFT JOIN pg_class c
               ON c.relnamespace = n.oid AND c.relname = wanted.table_name AND c.relkind IN ('r', 'p')
       ) AS tables,
       (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'pid', pid,
                      'application', application_name,
                      'state', state,
                      'minutes', (extract(epoch FROM now() - xact_start) / 60)::int8)), '[]')
           FROM pg_stat_activity
           WHERE datname = current_database()
             AND xact_start < now() - interval '5 minutes'
             AND backend_type = 'client backend'
       ) AS long_transactions
