-- The clients and channels of a partner account, in the order of change, are a range of one index each. Another index finds the alerts that somebody closed,
-- which are not opened again for the same reason.
-- trunkline: no-transaction

UPDATE trunkline.listed_channels AS listed
SET partner_account_id = client.partner_configuration_id
FROM public.dialog_360_clients AS client
WHERE listed.provider = '360dialog' AND client.id = listed.client_id AND listed.partner_account_id IS DISTINCT FROM client.partner_configuration_id;

UPDATE trunkline.listed_channels AS listed
SET partner_account_id = client.partner_configuration_id
FROM public.meta_whatsapp_clients AS client
WHERE listed.provider = 'meta' AND client.id = listed.client_id AND listed.partner_account_id IS DISTINCT FROM client.partner_configuration_id;

UPDATE trunkline.listed_channels AS listed
SET partner_account_id = client.partner_configuration_id
FROM trunkline.twilio_clients AS client
WHERE listed.provider = 'twilio' AND client.id = listed.client_id AND listed.partner_account_id IS DISTINCT FROM client.partner_configuration_id;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_clients_account_updated_at ON trunkline.listed_clients (partner_account_id, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_account_updated_at ON trunkline.listed_channels (partner_account_id, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_alerts_closed ON trunkline.alerts (rule, provider, subject, subject_id)
    WHERE resolved_by IS NOT NULL;

ANALYZE trunkline.listed_clients;
ANALYZE trunkline.listed_channels;
