-- The triggers of a table that is put aside go with it, and so do their functions.

-- Each briefly locks its table.
SET LOCAL lock_timeout = '2s';

DROP TRIGGER IF EXISTS list_client ON public.dialog_360_clients;
DROP TRIGGER IF EXISTS list_client_changed ON public.dialog_360_clients;
DROP TRIGGER IF EXISTS list_client_truncated ON public.dialog_360_clients;
DROP TRIGGER IF EXISTS list_client ON public.meta_whatsapp_clients;
DROP TRIGGER IF EXISTS list_client_changed ON public.meta_whatsapp_clients;
DROP TRIGGER IF EXISTS list_client_truncated ON public.meta_whatsapp_clients;
DROP TRIGGER IF EXISTS list_client ON trunkline.twilio_clients;
DROP TRIGGER IF EXISTS list_client_changed ON trunkline.twilio_clients;
DROP TRIGGER IF EXISTS list_client_truncated ON trunkline.twilio_clients;
DROP TRIGGER IF EXISTS list_channel ON public.dialog_360_channels;
DROP TRIGGER IF EXISTS list_channel_changed ON public.dialog_360_channels;
DROP TRIGGER IF EXISTS list_channel_truncated ON public.dialog_360_channels;
DROP TRIGGER IF EXISTS list_channel ON public.meta_whatsapp_phone_numbers;
DROP TRIGGER IF EXISTS list_channel_changed ON public.meta_whatsapp_phone_numbers;
DROP TRIGGER IF EXISTS list_channel_truncated ON public.meta_whatsapp_phone_numbers;
DROP TRIGGER IF EXISTS list_channel ON trunkline.twilio_senders;
DROP TRIGGER IF EXISTS list_channel_changed ON trunkline.twilio_senders;
DROP TRIGGER IF EXISTS list_channel_truncated ON trunkline.twilio_senders;
DROP TABLE IF EXISTS trunkline.listed_channels;
DROP TABLE IF EXISTS trunkline.listed_clients;
DROP FUNCTION IF EXISTS trunkline.list_channel();
DROP FUNCTION IF EXISTS trunkline.list_client();
DROP FUNCTION IF EXISTS trunkline.channel_document(INTEGER, TEXT, TEXT, INTEGER, INTEGER, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, INTEGER, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ);
DROP FUNCTION IF EXISTS trunkline.client_document(INTEGER, TEXT, TEXT, INTEGER, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ);
