-- The CTE, because the order in which a SELECT list is evaluated is nobody's promise.
WITH asked AS MATERIALIZED (
    SELECT name, value, current_setting(name) AS earlier, place
    FROM unnest($1, $2) WITH ORDINALITY AS setting (name, value, place)
)
SELECT name, earlier, set_config(name, value, true)
FROM asked
ORDER BY place
