-- The indexes of 019 are not built again: on large tables that takes longer than a revert may, and only the lists of an older release read them.

DROP INDEX IF EXISTS trunkline.idx_listed_clients_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_clients_created_at;
DROP INDEX IF EXISTS trunkline.idx_listed_clients_status_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_clients_company_id;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_created_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_number_order;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_status_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_quality_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_status_quality_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_company_id;
