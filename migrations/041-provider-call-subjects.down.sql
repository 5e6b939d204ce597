-- It briefly locks its table.
SET LOCAL lock_timeout = '2s';

DROP INDEX IF EXISTS trunkline.idx_provider_calls_subject;
