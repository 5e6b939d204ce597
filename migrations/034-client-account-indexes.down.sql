-- Each briefly locks its table.
SET LOCAL lock_timeout = '2s';

DROP INDEX IF EXISTS public.idx_dialog_360_clients_partner_configuration_id;
DROP INDEX IF EXISTS public.idx_meta_whatsapp_clients_partner_configuration_id;
DROP INDEX IF EXISTS trunkline.idx_twilio_clients_partner_configuration_id;
