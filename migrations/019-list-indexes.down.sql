-- Without them the lists of the REST API read whole tables. A table that went to an archive has taken its indexes along.

-- Each briefly locks its table.
SET LOCAL lock_timeout = '2s';

DROP INDEX IF EXISTS public.idx_dialog_360_clients_created_at;
DROP INDEX IF EXISTS public.idx_dialog_360_clients_updated_at;
DROP INDEX IF EXISTS public.idx_dialog_360_clients_status_updated_at;

DROP INDEX IF EXISTS public.idx_meta_whatsapp_clients_created_at;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_clients_updated_at;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_clients_status_updated_at;

DROP INDEX IF EXISTS trunkline.idx_twilio_clients_created_at;
DROP INDEX IF EXISTS trunkline.idx_twilio_clients_updated_at;
DROP INDEX IF EXISTS trunkline.idx_twilio_clients_status_updated_at;

DROP INDEX IF EXISTS public.idx_dialog_360_channels_created_at;
DROP INDEX IF EXISTS public.idx_dialog_360_channels_updated_at;
DROP INDEX IF EXISTS public.idx_dialog_360_channels_status_quality_updated_at;
DROP INDEX IF EXISTS public.idx_dialog_360_channels_quality_updated_at;
DROP INDEX IF EXISTS public.idx_dialog_360_channels_number_order;

DROP INDEX IF EXISTS public.idx_meta_whatsapp_phone_numbers_created_at;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_phone_numbers_updated_at;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_phone_numbers_status_quality_updated_at;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_phone_numbers_quality_updated_at;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_phone_numbers_number_order;

DROP INDEX IF EXISTS trunkline.idx_twilio_senders_created_at;
DROP INDEX IF EXISTS trunkline.idx_twilio_senders_updated_at;
DROP INDEX IF EXISTS trunkline.idx_twilio_senders_status_quality_updated_at;
DROP INDEX IF EXISTS trunkline.idx_twilio_senders_quality_updated_at;
DROP INDEX IF EXISTS trunkline.idx_twilio_senders_number_order;
