DROP TABLE IF EXISTS trunkline.import_decisions;
DROP TABLE IF EXISTS trunkline.import_plan_conflicts;
DROP TABLE IF EXISTS trunkline.import_plan_companies;
DROP TABLE IF EXISTS trunkline.import_tasks;
