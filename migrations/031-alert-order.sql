-- The open alerts with the worst first, and of the same weight the newest: the first of them stand on the first page of all.
-- trunkline: no-transaction

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_alerts_urgent ON trunkline.alerts (severity, id DESC)
    WHERE resolved_at IS NULL AND acknowledged_at IS NULL;
