DROP TABLE IF EXISTS trunkline.idempotency_keys;
DROP TABLE IF EXISTS trunkline.api_keys;
