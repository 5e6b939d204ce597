-- The orders in which the REST API lists clients and channels: with these a page of any list that it offers is read from an index, whatever the number
-- of rows. One more than a status needs stands in the channels' index on it: with the quality behind the status, one index serves both filters.
-- trunkline: no-transaction

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_clients_created_at ON public.dialog_360_clients (created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_clients_updated_at ON public.dialog_360_clients (updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_clients_status_updated_at ON public.dialog_360_clients (status, updated_at, id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_clients_created_at ON public.meta_whatsapp_clients (created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_clients_updated_at ON public.meta_whatsapp_clients (updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_clients_status_updated_at ON public.meta_whatsapp_clients (status, updated_at, id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_clients_created_at ON trunkline.twilio_clients (created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_clients_updated_at ON trunkline.twilio_clients (updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_clients_status_updated_at ON trunkline.twilio_clients (status, updated_at, id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_channels_created_at ON public.dialog_360_channels (created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_channels_updated_at ON public.dialog_360_channels (updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_channels_status_quality_updated_at ON public.dialog_360_channels (status, quality_rating, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_channels_quality_updated_at ON public.dialog_360_channels (quality_rating, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_channels_number_order ON public.dialog_360_channels ((coalesce(phone_number, '') COLLATE "C"), id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_phone_numbers_created_at ON public.meta_whatsapp_phone_numbers (created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_phone_numbers_updated_at ON public.meta_whatsapp_phone_numbers (updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_phone_numbers_status_quality_updated_at ON public.meta_whatsapp_phone_numbers (status, quality_rating, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_phone_numbers_quality_updated_at ON public.meta_whatsapp_phone_numbers (quality_rating, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_phone_numbers_number_order ON public.meta_whatsapp_phone_numbers ((coalesce(phone_number, '') COLLATE "C"), id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_senders_created_at ON trunkline.twilio_senders (created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_senders_updated_at ON trunkline.twilio_senders (updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_senders_status_quality_updated_at ON trunkline.twilio_senders (status, quality_rating, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_senders_quality_updated_at ON trunkline.twilio_senders (quality_rating, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_senders_number_order ON trunkline.twilio_senders ((coalesce(phone_number, '') COLLATE "C"), id);
