DROP TABLE IF EXISTS trunkline.provider_outages;
DROP TABLE IF EXISTS trunkline.account_answers;
