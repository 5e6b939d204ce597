DROP TABLE IF EXISTS trunkline.webhook_quarantine;
DROP TABLE IF EXISTS trunkline.webhook_dead_letters;
DROP TABLE IF EXISTS trunkline.webhook_queue;
DROP TABLE IF EXISTS trunkline.webhook_inbox;
DROP FUNCTION IF EXISTS trunkline.add_webhook_partition(DATE);
DROP FUNCTION IF EXISTS trunkline.drop_webhook_partition(DATE);
