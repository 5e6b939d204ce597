-- A platform of {companies} companies and {rows} connections: half Meta, a quarter 360dialog, a quarter Twilio, none of which contend.
CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE users (id INTEGER PRIMARY KEY, company_id INTEGER);
CREATE TABLE channel_connections (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    company_id INTEGER,
    channel_type TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    access_token TEXT,
    status TEXT DEFAULT 'active',
    connection_data JSONB,
    created_at TIMESTAMP NOT NULL DEFAULT now(),
    updated_at TIMESTAMP NOT NULL DEFAULT now()
);

INSERT INTO companies (id, name)
SELECT n, 'Company ' || n
FROM generate_series(1, {companies}) AS n;

INSERT INTO users (id, company_id)
SELECT n, n
FROM generate_series(1, {companies}) AS n;

INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, connection_data)
SELECT n, company, company,
    CASE n % 4 WHEN 2 THEN 'whatsapp_360dialog' WHEN 3 THEN 'whatsapp_twilio' ELSE 'whatsapp_official' END,
    'a' || n, 'Number ' || n,
    CASE n % 4
        WHEN 2 THEN jsonb_build_object('clientId', 'c' || company || 'CL', 'channelId', 'h' || n || 'CH',
            'phoneNumber', '+49151' || 10000000 + n, 'apiKey', 'fake-' || md5(n::TEXT))
        WHEN 3 THEN jsonb_build_object('accountSid', 'AC' || md5(company::TEXT), 'authToken', md5('fake' || n),
            'phoneNumber', '+49151' || 10000000 + n)
        ELSE jsonb_build_object('phoneNumberId', (200000000000000 + n)::TEXT, 'wabaId', (300000000000000 + company)::TEXT,
            'phoneNumber', '+49151' || 10000000 + n, 'accessToken', 'fake-' || repeat(md5(n::TEXT), 6))
    END
FROM (SELECT n, 1 + n % {companies} AS company FROM generate_series(1, {rows}) AS n) AS numbered;
