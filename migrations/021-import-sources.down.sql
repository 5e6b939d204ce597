DROP TABLE IF EXISTS trunkline.import_sources;
DROP TABLE IF EXISTS trunkline.import_runs;
