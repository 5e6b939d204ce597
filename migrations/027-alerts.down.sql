DROP TABLE IF EXISTS trunkline.account_pulses;
DROP TABLE IF EXISTS trunkline.alerts;
