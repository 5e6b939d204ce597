-- Which account serves the clients of a provider of which it is not known to which one they belong: the active default, otherwise the only one that is
-- active. NULL: none, or nobody knows which.

CREATE OR REPLACE FUNCTION trunkline.serving_account(whose TEXT)
RETURNS INTEGER
LANGUAGE sql
STABLE
AS $$
    SELECT coalesce(max(account.id) FILTER (WHERE is_default), CASE count(*) WHEN 1 THEN max(account.id) END)
    FROM public.partner_configurations AS account
    WHERE account.provider = whose AND is_active
$$;
