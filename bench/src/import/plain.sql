-- The same rows as plain SQL: nothing is checked, encrypted, compared or recorded.
INSERT INTO meta_whatsapp_clients (company_id, business_account_id, business_account_name, status, onboarded_at)
SELECT DISTINCT ON (connection_data->>'wabaId') company.id, connection_data->>'wabaId', name, 'active', source.created_at
FROM channel_connections AS source
JOIN companies AS company ON company.id = source.company_id
WHERE channel_type = 'whatsapp_official';

INSERT INTO dialog_360_clients (company_id, client_id, client_name, status, onboarded_at)
SELECT DISTINCT ON (connection_data->>'clientId') company.id, connection_data->>'clientId', name, 'active', source.created_at
FROM channel_connections AS source
JOIN companies AS company ON company.id = source.company_id
WHERE channel_type = 'whatsapp_360dialog';

INSERT INTO trunkline.twilio_clients (company_id, account_sid, account_name, status, onboarded_at)
SELECT DISTINCT ON (connection_data->>'accountSid') company.id, connection_data->>'accountSid', name, 'active', source.created_at
FROM channel_connections AS source
JOIN companies AS company ON company.id = source.company_id
WHERE channel_type = 'whatsapp_twilio';

INSERT INTO meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, display_name, status, access_token)
SELECT client.id, connection_data->>'phoneNumberId', connection_data->>'phoneNumber', source.account_name, 'verified', connection_data->>'accessToken'
FROM channel_connections AS source
JOIN meta_whatsapp_clients AS client ON business_account_id = connection_data->>'wabaId'
WHERE channel_type = 'whatsapp_official';

INSERT INTO dialog_360_channels (client_id, channel_id, phone_number, display_name, status, api_key)
SELECT client.id, connection_data->>'channelId', connection_data->>'phoneNumber', source.account_name, 'running', connection_data->>'apiKey'
FROM channel_connections AS source
JOIN dialog_360_clients AS client ON client.client_id = connection_data->>'clientId'
WHERE channel_type = 'whatsapp_360dialog';

INSERT INTO trunkline.twilio_senders (client_id, sender_sid, phone_number, display_name, status, auth_token)
SELECT client.id, 'whatsapp:' || (connection_data->>'phoneNumber'), connection_data->>'phoneNumber', source.account_name, 'running',
    connection_data->>'authToken'
FROM channel_connections AS source
JOIN trunkline.twilio_clients AS client ON account_sid = connection_data->>'accountSid'
WHERE channel_type = 'whatsapp_twilio';
