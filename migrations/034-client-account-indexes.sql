-- A partner account is not deleted while a client belongs to it: with these that is seen without reading the clients.
-- trunkline: no-transaction

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_dialog_360_clients_partner_configuration_id ON public.dialog_360_clients (partner_configuration_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_meta_whatsapp_clients_partner_configuration_id ON public.meta_whatsapp_clients (partner_configuration_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_twilio_clients_partner_configuration_id ON trunkline.twilio_clients (partner_configuration_id);
