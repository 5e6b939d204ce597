-- The list goes on without a search.

DROP INDEX IF EXISTS trunkline.idx_listed_channels_limit_status_quality_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_limit_quality_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_limit_status_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_limit_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_words;
DROP FUNCTION IF EXISTS trunkline.words_query(TEXT);
DROP FUNCTION IF EXISTS trunkline.channel_words(TEXT, TEXT, TEXT);
DROP FUNCTION IF EXISTS trunkline.words(TEXT[]);
