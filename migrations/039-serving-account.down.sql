DROP FUNCTION IF EXISTS trunkline.serving_account(TEXT);
