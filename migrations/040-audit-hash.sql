-- The hash of a row is the same on every version of PostgreSQL: before 14, extract gave a double, whose digits depend on extra_float_digits; the numeric that
-- it gives since has six of them behind the point. What was hashed by 14 or newer stays as it is.

CREATE OR REPLACE FUNCTION trunkline.hash_audit_row(previous BYTEA, entry trunkline.audit_log)
RETURNS BYTEA
LANGUAGE sql
STABLE
SET search_path = pg_catalog
AS $$
    SELECT sha256(coalesce(previous, '\x'::BYTEA) || convert_to(jsonb_build_array(
        entry.id, extract(epoch FROM date_trunc('second', entry.occurred_at))::BIGINT || '.' || to_char(entry.occurred_at, 'US'),
        entry.actor_kind, entry.actor_id, entry.actor_name, entry.action, entry.object_kind, entry.object_id, entry.company_id, entry.address,
        entry.request_id, entry.before, entry.after
    )::TEXT, 'UTF8'))
$$;
