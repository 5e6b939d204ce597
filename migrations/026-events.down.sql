DROP TABLE IF EXISTS trunkline.resync_requests;
DROP TABLE IF EXISTS trunkline.fact_history;
DROP TABLE IF EXISTS trunkline.facts;
DROP TABLE IF EXISTS trunkline.events;
DROP FUNCTION IF EXISTS trunkline.add_event_partition(DATE);
DROP FUNCTION IF EXISTS trunkline.drop_event_partition(DATE);
