-- {companies} companies, each with a client at every provider, and {channels} channels evenly among the clients: most of them live and green, in
-- random order of creation and change, the same ones on every run.
SELECT setseed(0.5);

INSERT INTO public.companies (id, name)
SELECT number, (ARRAY['Bakery', 'Garage', 'Hotel', 'Clinic', 'School'])[1 + number % 5] || ' ' || number
FROM generate_series(1, {companies}) AS number;

INSERT INTO public.partner_configurations (id, provider, partner_id)
VALUES (1, '360dialog', 'mostPA'), (2, 'meta', '1'), (3, 'twilio', 'AC1'), (4, 'meta', '2');

CREATE TEMPORARY TABLE made_clients AS
SELECT number AS company_id,
    CASE number % 1000 WHEN 0 THEN 4 ELSE 2 END AS meta_account_id,
    CASE WHEN random() < 0.95 THEN 'active' ELSE (ARRAY['pending', 'suspended', 'restricted', 'disconnected', 'deleted'])[1 + floor(random() * 5)::INTEGER] END AS status,
    TIMESTAMPTZ '2025-01-01 00:00:00Z' + random() * INTERVAL '300 days' AS created_at,
    random() * INTERVAL '60 days' AS age
FROM generate_series(1, {companies}) AS number;

INSERT INTO public.dialog_360_clients (company_id, client_id, client_name, status, created_at, updated_at, partner_configuration_id)
SELECT company_id, company_id || 'CL', 'Client ' || company_id, status, created_at, created_at + age, 1
FROM made_clients;

INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id, business_account_name, status, created_at, updated_at, partner_configuration_id)
SELECT company_id, 100000000000000 + company_id, 'Client ' || company_id, status, created_at, created_at + age, meta_account_id
FROM made_clients;

INSERT INTO trunkline.twilio_clients (company_id, account_sid, account_name, status, created_at, updated_at, partner_configuration_id)
SELECT company_id, 'AC' || md5(company_id::TEXT), 'Client ' || company_id, status, created_at, created_at + age, 3
FROM made_clients;

CREATE TEMPORARY TABLE made_channels AS
SELECT number,
    1 + number / 3 % {companies} AS client,
    number % 3 AS provider,
    (ARRAY['+49151', '+44770', '+34612', '+1202555', '+5521987'])[1 + floor(random() * 5)::INTEGER] || lpad(number::TEXT, 7, '0') AS phone_number,
    CASE
        WHEN random() < 0.92 THEN 'running'
        ELSE (ARRAY['pending', 'pending', 'pending', 'suspended', 'restricted', 'disconnected', 'banned', 'migrated', 'deleted'])[1 + floor(random() * 9)::INTEGER]
    END AS status,
    CASE WHEN random() < 0.9 THEN 'green' ELSE (ARRAY['yellow', 'yellow', 'red', 'unknown'])[1 + floor(random() * 4)::INTEGER] END AS quality_rating,
    (ARRAY[250, 1000, 10000, 100000, NULL])[1 + floor(random() * 5)::INTEGER] AS messaging_limit,
    TIMESTAMPTZ '2025-01-01 00:00:00Z' + random() * INTERVAL '300 days' AS created_at,
    random() * INTERVAL '60 days' AS age
FROM generate_series(1, {channels}) AS number;

INSERT INTO public.dialog_360_channels
    (client_id, channel_id, phone_number, display_name, status, provider_status, quality_rating, messaging_limit, created_at, updated_at)
SELECT client, number || 'CH', phone_number, 'Channel ' || number, status, status, quality_rating, messaging_limit, created_at, created_at + age
FROM made_channels
WHERE provider = 0;

INSERT INTO public.meta_whatsapp_phone_numbers
    (client_id, phone_number_id, phone_number, display_name, status, provider_status, quality_rating, messaging_limit, created_at, updated_at)
SELECT client, 200000000000000 + number, phone_number, 'Channel ' || number,
    CASE status WHEN 'running' THEN 'verified' ELSE status END, 'CONNECTED', quality_rating, messaging_limit, created_at, created_at + age
FROM made_channels
WHERE provider = 1;

INSERT INTO trunkline.twilio_senders
    (client_id, sender_sid, phone_number, display_name, status, provider_status, quality_rating, messaging_limit, created_at, updated_at)
SELECT client, 'XE' || md5(number::TEXT), phone_number, 'Channel ' || number, status, 'ONLINE', quality_rating, messaging_limit, created_at, created_at + age
FROM made_channels
WHERE provider = 2;

DROP TABLE made_clients, made_channels;
