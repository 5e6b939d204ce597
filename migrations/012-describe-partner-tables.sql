-- What the partner tables and their columns mean, for whoever opens them in psql: only where the name does not say it. One file, after the upgrade,
-- because an older table has not all of these columns before it.

COMMENT ON TABLE public.partner_configurations IS
    'Partner accounts: the platform''s own credentials at a provider, one row each';
COMMENT ON COLUMN public.partner_configurations.provider IS
    '360dialog, meta or twilio';
COMMENT ON COLUMN public.partner_configurations.partner_id IS
    '360dialog: partner id (…PA). Meta: business portfolio id. Twilio: account SID. unknown-<id> where an older row had none';
COMMENT ON COLUMN public.partner_configurations.partner_api_key IS
    'Ciphertext (tlk1.…), see docs, Secrets. 360dialog: Partner API key. Meta: app id. Twilio: API key SID';
COMMENT ON COLUMN public.partner_configurations.partner_secret IS
    'Ciphertext (tlk1.…), see docs, Secrets. 360dialog: platform secret, signs partner webhooks. Meta: app secret, signs webhooks. Twilio: API key secret';
COMMENT ON COLUMN public.partner_configurations.webhook_verify_token IS
    'Ciphertext (tlk1.…), see docs, Secrets. 360dialog: value of the custom webhook header. Meta: verify token of the handshake. Twilio: unused';
COMMENT ON COLUMN public.partner_configurations.access_token IS
    'Ciphertext (tlk1.…), see docs, Secrets. 360dialog: unused. Meta: system-user token. Twilio: auth token, signs webhooks';
COMMENT ON COLUMN public.partner_configurations.config_id IS
    'Meta: Facebook Login for Business configuration id of Embedded Signup. Others: unused';
COMMENT ON COLUMN public.partner_configurations.partner_webhook_url IS
    'URL at which the provider sends this account''s partner-level webhooks to us';
COMMENT ON COLUMN public.partner_configurations.redirect_url IS
    'URL to which the provider sends the browser back after onboarding';
COMMENT ON COLUMN public.partner_configurations.public_profile IS
    'Object shown to companies before they connect (name, logo, texts); the only column besides ids that may reach a browser';
COMMENT ON COLUMN public.partner_configurations.is_active IS
    'false: no onboarding and no calls with this account; its webhooks are still verified and stored';
COMMENT ON COLUMN public.partner_configurations.is_default IS
    'The account that new companies are onboarded with; at most one active row per provider';


COMMENT ON TABLE public.dialog_360_clients IS
    '360dialog clients: accounts of companies under our partner account';
COMMENT ON COLUMN public.dialog_360_clients.company_id IS
    'The platform''s companies.id; the row goes with the company';
COMMENT ON COLUMN public.dialog_360_clients.client_id IS
    '360dialog client id (…CL)';
COMMENT ON COLUMN public.dialog_360_clients.status IS
    'pending: not usable yet, active, suspended: stopped by the provider, restricted: works in part, disconnected: the company withdrew our access, deleted';
COMMENT ON COLUMN public.dialog_360_clients.provider_status IS
    '360dialog''s own word for the status, as last received; open list. After the upgrade of an older row: its word that is none of ours';
COMMENT ON COLUMN public.dialog_360_clients.onboarded_at IS
    'When the company finished onboarding; NULL before';


COMMENT ON TABLE public.dialog_360_channels IS
    '360dialog channels: the WhatsApp numbers of a client';
COMMENT ON COLUMN public.dialog_360_channels.client_id IS
    'dialog_360_clients.id, not 360dialog''s client id';
COMMENT ON COLUMN public.dialog_360_channels.channel_id IS
    '360dialog channel id';
COMMENT ON COLUMN public.dialog_360_channels.phone_number IS
    'E.164 with the plus sign where Trunkline wrote it; NULL until the provider has told it';
COMMENT ON COLUMN public.dialog_360_channels.display_name IS
    'Name that WhatsApp shows to customers';
COMMENT ON COLUMN public.dialog_360_channels.status IS
    'pending: being set up, running: live, suspended: stopped by the provider, failed: set-up failed, restricted: sends in part, disconnected: our access was withdrawn or cancelled, banned: by Meta, migrated: left for another partner, deleted';
COMMENT ON COLUMN public.dialog_360_channels.provider_status IS
    '360dialog''s own word for the status, as last received; open list. After the upgrade of an older row: its word that is none of ours';
COMMENT ON COLUMN public.dialog_360_channels.api_key IS
    'Ciphertext (tlk1.…), see docs, Secrets. D360-API-KEY of the channel';
COMMENT ON COLUMN public.dialog_360_channels.webhook_url IS
    'URL at which 360dialog delivers this number''s messages';
COMMENT ON COLUMN public.dialog_360_channels.quality_rating IS
    'Meta''s rating of the number by its customers'' feedback: green (high), yellow, red (low), unknown';
COMMENT ON COLUMN public.dialog_360_channels.provider_quality_rating IS
    '360dialog''s current_quality_rating as last received; open list';
COMMENT ON COLUMN public.dialog_360_channels.messaging_limit IS
    'Business-initiated conversations per moving 24 hours; NULL: unknown or unlimited, provider_messaging_limit tells which';
COMMENT ON COLUMN public.dialog_360_channels.messaging_limit_scope IS
    'What the limit counts for: number (this one alone) or portfolio (shared by all numbers of the business portfolio: never add these up). NULL: unknown';
COMMENT ON COLUMN public.dialog_360_channels.provider_messaging_limit IS
    '360dialog''s current_limit as last received (TIER_250, TIER_UNLIMITED, …); open list';


COMMENT ON TABLE public.meta_whatsapp_clients IS
    'WhatsApp Business Accounts (WABA) of companies, shared with us at Meta';
COMMENT ON COLUMN public.meta_whatsapp_clients.company_id IS
    'The platform''s companies.id; the row goes with the company';
COMMENT ON COLUMN public.meta_whatsapp_clients.business_account_id IS
    'WABA id';
COMMENT ON COLUMN public.meta_whatsapp_clients.status IS
    'pending: not usable yet, active, suspended: stopped by the provider, restricted: works in part, disconnected: the company withdrew our access, deleted';
COMMENT ON COLUMN public.meta_whatsapp_clients.provider_status IS
    'Meta''s own word for the status of the WABA, as last received; open list. After the upgrade of an older row: its word that is none of ours';
COMMENT ON COLUMN public.meta_whatsapp_clients.onboarded_at IS
    'When the company finished Embedded Signup; NULL before';


COMMENT ON TABLE public.meta_whatsapp_phone_numbers IS
    'The phone numbers of a WhatsApp Business Account';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.client_id IS
    'meta_whatsapp_clients.id';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.phone_number_id IS
    'Meta''s phone number id, by which messages are sent; not the number';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.phone_number IS
    'E.164 with the plus sign where Trunkline wrote it; NULL until the provider has told it';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.display_name IS
    'Meta''s verified_name: the name that WhatsApp shows to customers';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.status IS
    'pending: being set up, unverified: ownership of the number not shown yet, verified: live (Meta: CONNECTED), suspended: stopped, flagged: low quality, restricted: sends in part (Meta: RESTRICTED, RATE_LIMITED), disconnected, banned, migrated: moved to another WABA, deleted';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.provider_status IS
    'Meta''s own word for the status, as last received; open list. After the upgrade of an older row: its word that is none of ours';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.quality_rating IS
    'Meta''s rating of the number by its customers'' feedback: green (high), yellow, red (low), unknown (Meta: UNKNOWN or NA)';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.provider_quality_rating IS
    'Meta''s quality_rating as last received; open list';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.messaging_limit IS
    'Business-initiated conversations per moving 24 hours; NULL: unknown or unlimited, provider_messaging_limit tells which';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.messaging_limit_scope IS
    'What the limit counts for: number (this one alone) or portfolio (shared by all numbers of the business portfolio: never add these up). NULL: unknown';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.provider_messaging_limit IS
    'Meta''s whatsapp_business_manager_messaging_limit as last received (TIER_250, TIER_UNLIMITED, …); open list';
COMMENT ON COLUMN public.meta_whatsapp_phone_numbers.access_token IS
    'Ciphertext (tlk1.…), see docs, Secrets. Business token of the company from Embedded Signup; NULL: the account''s system-user token is used';
