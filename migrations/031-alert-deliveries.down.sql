-- Alerts go on, and nobody is told.

-- The trigger locks the alerts for a moment.
SET LOCAL lock_timeout = '2s';

DROP TRIGGER IF EXISTS tell_of_alert ON trunkline.alerts;
DROP FUNCTION IF EXISTS trunkline.tell_of_alert();
DROP TABLE IF EXISTS trunkline.alert_deliveries;
DROP TABLE IF EXISTS trunkline.alert_destinations;
