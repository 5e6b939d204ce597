-- The lists' first rows, and their indexes: with these a page of any list that the REST API offers is a range of one index, whatever the number of rows.
-- `provider` and `id` end each order, which is total with them; a filter by provider is looked at in the index. The indexes of 019 served these lists
-- alone; without them a change of a channel writes fewer entries than before, although it writes the list too.
-- trunkline: no-transaction

-- The triggers have been at work since 022: what they wrote is newer.
INSERT INTO trunkline.listed_clients (
    provider, id, company_id, provider_id, name, status, provider_status, onboarded_at, created_at,
    updated_at
)
SELECT
    '360dialog', client.id, client.company_id, client.client_id, client.client_name, client.status,
    client.provider_status, client.onboarded_at, client.created_at, client.updated_at
FROM public.dialog_360_clients AS client
ON CONFLICT (provider, id) DO NOTHING;

INSERT INTO trunkline.listed_clients (
    provider, id, company_id, provider_id, name, status, provider_status, onboarded_at, created_at,
    updated_at
)
SELECT
    'meta', client.id, client.company_id, client.business_account_id, client.business_account_name,
    client.status, client.provider_status, client.onboarded_at, client.created_at, client.updated_at
FROM public.meta_whatsapp_clients AS client
ON CONFLICT (provider, id) DO NOTHING;

INSERT INTO trunkline.listed_clients (
    provider, id, company_id, provider_id, name, status, provider_status, onboarded_at, created_at,
    updated_at
)
SELECT
    'twilio', client.id, client.company_id, client.account_sid, client.account_name, client.status,
    client.provider_status, client.onboarded_at, client.created_at, client.updated_at
FROM trunkline.twilio_clients AS client
ON CONFLICT (provider, id) DO NOTHING;

INSERT INTO trunkline.listed_channels (
    provider, id, company_id, client_id, provider_id, phone_number, display_name, status, provider_status,
    quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
    provider_messaging_limit, created_at, updated_at
)
SELECT
    '360dialog', channel.id, client.company_id, channel.client_id, channel.channel_id, channel.phone_number,
    channel.display_name, channel.status, channel.provider_status, channel.quality_rating,
    channel.provider_quality_rating, channel.messaging_limit, channel.messaging_limit_scope,
    channel.provider_messaging_limit, channel.created_at, channel.updated_at
FROM public.dialog_360_channels AS channel
JOIN public.dialog_360_clients AS client ON client.id = channel.client_id
ON CONFLICT (provider, id) DO NOTHING;

INSERT INTO trunkline.listed_channels (
    provider, id, company_id, client_id, provider_id, phone_number, display_name, status, provider_status,
    quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
    provider_messaging_limit, created_at, updated_at
)
SELECT
    'meta', channel.id, client.company_id, channel.client_id, channel.phone_number_id, channel.phone_number,
    channel.display_name, CASE channel.status WHEN 'verified' THEN 'running' ELSE channel.status END,
    channel.provider_status, channel.quality_rating, channel.provider_quality_rating,
    channel.messaging_limit, channel.messaging_limit_scope, channel.provider_messaging_limit,
    channel.created_at, channel.updated_at
FROM public.meta_whatsapp_phone_numbers AS channel
JOIN public.meta_whatsapp_clients AS client ON client.id = channel.client_id
ON CONFLICT (provider, id) DO NOTHING;

INSERT INTO trunkline.listed_channels (
    provider, id, company_id, client_id, provider_id, phone_number, display_name, status, provider_status,
    quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
    provider_messaging_limit, created_at, updated_at
)
SELECT
    'twilio', channel.id, client.company_id, channel.client_id, channel.sender_sid, channel.phone_number,
    channel.display_name, channel.status, channel.provider_status, channel.quality_rating,
    channel.provider_quality_rating, channel.messaging_limit, channel.messaging_limit_scope,
    channel.provider_messaging_limit, channel.created_at, channel.updated_at
FROM trunkline.twilio_senders AS channel
JOIN trunkline.twilio_clients AS client ON client.id = channel.client_id
ON CONFLICT (provider, id) DO NOTHING;

-- What was deleted, or moved to another company, while its first row was being written.
DELETE FROM trunkline.listed_channels AS listed
WHERE provider = '360dialog' AND NOT EXISTS (SELECT FROM public.dialog_360_channels AS there WHERE there.id = listed.id);

DELETE FROM trunkline.listed_clients AS listed
WHERE provider = '360dialog' AND NOT EXISTS (SELECT FROM public.dialog_360_clients AS there WHERE there.id = listed.id);

UPDATE trunkline.listed_channels AS listed
SET company_id = client.company_id
FROM public.dialog_360_clients AS client
WHERE listed.provider = '360dialog' AND client.id = listed.client_id AND listed.company_id <> client.company_id;

DELETE FROM trunkline.listed_channels AS listed
WHERE provider = 'meta' AND NOT EXISTS (SELECT FROM public.meta_whatsapp_phone_numbers AS there WHERE there.id = listed.id);

DELETE FROM trunkline.listed_clients AS listed
WHERE provider = 'meta' AND NOT EXISTS (SELECT FROM public.meta_whatsapp_clients AS there WHERE there.id = listed.id);

UPDATE trunkline.listed_channels AS listed
SET company_id = client.company_id
FROM public.meta_whatsapp_clients AS client
WHERE listed.provider = 'meta' AND client.id = listed.client_id AND listed.company_id <> client.company_id;

DELETE FROM trunkline.listed_channels AS listed
WHERE provider = 'twilio' AND NOT EXISTS (SELECT FROM trunkline.twilio_senders AS there WHERE there.id = listed.id);

DELETE FROM trunkline.listed_clients AS listed
WHERE provider = 'twilio' AND NOT EXISTS (SELECT FROM trunkline.twilio_clients AS there WHERE there.id = listed.id);

UPDATE trunkline.listed_channels AS listed
SET company_id = client.company_id
FROM trunkline.twilio_clients AS client
WHERE listed.provider = 'twilio' AND client.id = listed.client_id AND listed.company_id <> client.company_id;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_clients_updated_at ON trunkline.listed_clients (updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_clients_created_at ON trunkline.listed_clients (created_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_clients_status_updated_at ON trunkline.listed_clients (status, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_clients_company_id ON trunkline.listed_clients (company_id, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_updated_at ON trunkline.listed_channels (updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_created_at ON trunkline.listed_channels (created_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_number_order ON trunkline.listed_channels ((coalesce(phone_number, '') COLLATE "C"), provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_status_updated_at ON trunkline.listed_channels (status, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_quality_updated_at ON trunkline.listed_channels (quality_rating, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_status_quality_updated_at ON trunkline.listed_channels (status, quality_rating, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_company_id ON trunkline.listed_channels (company_id, updated_at, provider, id);

ANALYZE trunkline.listed_clients;
ANALYZE trunkline.listed_channels;

DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_clients_created_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_clients_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_clients_status_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_clients_created_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_clients_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_clients_status_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_clients_created_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_clients_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_clients_status_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_channels_created_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_channels_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_channels_status_quality_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_channels_quality_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_dialog_360_channels_number_order;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_phone_numbers_created_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_phone_numbers_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_phone_numbers_status_quality_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_phone_numbers_quality_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS public.idx_meta_whatsapp_phone_numbers_number_order;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_senders_created_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_senders_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_senders_status_quality_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_senders_quality_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS trunkline.idx_twilio_senders_number_order;
