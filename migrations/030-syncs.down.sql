DROP TABLE IF EXISTS trunkline.sync_findings;
DROP TABLE IF EXISTS trunkline.sync_runs;
