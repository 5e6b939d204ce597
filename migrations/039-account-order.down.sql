DROP INDEX IF EXISTS trunkline.idx_listed_clients_account_updated_at;
DROP INDEX IF EXISTS trunkline.idx_listed_channels_account_updated_at;
DROP INDEX IF EXISTS trunkline.idx_alerts_closed;
