-- Channels are found by words of their number, name and id at the provider, and by their limit. Words by how they begin: parts of words would need the
-- extension pg_trgm, which the role of the service may not be allowed to create.
-- trunkline: no-transaction

-- The words of texts, in small letters; what stands between letters and digits stands between words. IMMUTABLE, although lower() asks for the collation:
-- that of the database stays the same.
CREATE OR REPLACE FUNCTION trunkline.words(texts TEXT[])
RETURNS TEXT[]
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT coalesce(array_agg(DISTINCT left(word, 100)), '{}')
    FROM unnest(texts) AS given
    CROSS JOIN regexp_split_to_table(lower(given), '[^[:alnum:]]+') AS word
    WHERE word <> ''
$$;

CREATE OR REPLACE FUNCTION trunkline.channel_words(phone_number TEXT, display_name TEXT, provider_id TEXT)
RETURNS TSVECTOR
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT array_to_tsvector(trunkline.words(ARRAY[phone_number, display_name, provider_id]))
$$;

-- What asks for every word of a text, each by how it begins. Of a text without a word: nothing.
CREATE OR REPLACE FUNCTION trunkline.words_query(given TEXT)
RETURNS TSQUERY
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT string_agg(quote_literal(word) || ':*', ' & ')::TSQUERY
    FROM unnest(trunkline.words(ARRAY[given])) AS word
$$;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_words ON trunkline.listed_channels
    USING gin (trunkline.channel_words(phone_number, display_name, provider_id));

-- 0: none is known, or there is none.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_limit_updated_at ON trunkline.listed_channels
    ((coalesce(messaging_limit, 0)), updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_limit_status_updated_at ON trunkline.listed_channels
    ((coalesce(messaging_limit, 0)), status, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_limit_quality_updated_at ON trunkline.listed_channels
    ((coalesce(messaging_limit, 0)), quality_rating, updated_at, provider, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_listed_channels_limit_status_quality_updated_at ON trunkline.listed_channels
    ((coalesce(messaging_limit, 0)), status, quality_rating, updated_at, provider, id);

ANALYZE trunkline.listed_channels;
