-- The calls about one channel, the newest first, are a range of one index.
-- trunkline: no-transaction

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_provider_calls_subject ON trunkline.provider_calls (subject, id);
