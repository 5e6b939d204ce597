-- The engine moves a table that holds rows to an archive before this runs, so it may be gone already.
DROP TABLE IF EXISTS public.partner_configurations;
