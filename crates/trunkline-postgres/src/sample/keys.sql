-- Made after the rows: one sort each, instead of a look-up per row.
ALTER TABLE public.companies
    ADD PRIMARY KEY (id),
    ADD UNIQUE (slug);

ALTER TABLE public.users
    ADD PRIMARY KEY (id),
    ADD UNIQUE (email),
    ADD FOREIGN KEY (company_id) REFERENCES public.companies (id) ON DELETE CASCADE;

ALTER TABLE public.channel_connections
    ADD PRIMARY KEY (id),
    ADD FOREIGN KEY (user_id) REFERENCES public.users (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (company_id) REFERENCES public.companies (id) ON DELETE CASCADE;

CREATE INDEX idx_users_company_id ON public.users (company_id);
CREATE INDEX idx_channel_connections_company_id ON public.channel_connections (company_id);
CREATE INDEX idx_channel_connections_user_id ON public.channel_connections (user_id);
CREATE INDEX idx_channel_connections_channel_type ON public.channel_connections (channel_type);

SELECT setval('public.companies_id_seq', max(id)) FROM public.companies;
SELECT setval('public.users_id_seq', max(id)) FROM public.users;
SELECT setval('public.channel_connections_id_seq', max(id)) FROM public.channel_connections;

ANALYZE public.companies, public.users, public.channel_connections;
