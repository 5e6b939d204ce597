-- The order is then sorted from all that are open.

DROP INDEX IF EXISTS trunkline.idx_alerts_urgent;
