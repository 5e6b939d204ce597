-- The platform's tables as far as Trunkline has to do with them, and its own migration ledger. Keys and indexes follow in keys.sql, after the rows.
CREATE TABLE public.companies (
    id SERIAL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    plan TEXT NOT NULL DEFAULT 'free',
    active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMP NOT NULL DEFAULT now(),
    updated_at TIMESTAMP NOT NULL DEFAULT now()
);

-- company_id is NULL for the platform's own staff.
CREATE TABLE public.users (
    id SERIAL,
    company_id INTEGER,
    email TEXT NOT NULL,
    full_name TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'agent',
    password TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT now(),
    updated_at TIMESTAMP NOT NULL DEFAULT now()
);

CREATE TABLE public.channel_connections (
    id SERIAL,
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

CREATE TABLE public.migrations (
    id SERIAL PRIMARY KEY,
    filename TEXT NOT NULL UNIQUE,
    executed_at TIMESTAMP NOT NULL DEFAULT now(),
    checksum TEXT,
    execution_time_ms INTEGER,
    success BOOLEAN NOT NULL DEFAULT true
);

-- The first file was applied before the runner kept checksums. The files themselves are not part of the sample.
INSERT INTO public.migrations (filename, executed_at, checksum, execution_time_ms, success)
VALUES
    ('001-initial-schema.sql', '2021-01-04 08:00:00', NULL, NULL, true),
    ('002-users-and-roles.sql', '2021-01-04 08:00:02', encode(sha256('sample 002'), 'hex'), 41, true),
    ('003-channel-connections.sql', '2021-06-14 07:30:00', encode(sha256('sample 003'), 'hex'), 87, true),
    ('004-company-plans.sql', '2022-03-02 07:30:00', encode(sha256('sample 004'), 'hex'), 12, true),
    ('005-connection-company.sql', '2023-09-19 07:30:00', encode(sha256('sample 005'), 'hex'), 1903, true),
    ('006-connection-indexes.sql', '2024-05-07 07:30:00', encode(sha256('sample 006'), 'hex'), 264, true);
