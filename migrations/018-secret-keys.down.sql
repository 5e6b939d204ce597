DROP TABLE IF EXISTS trunkline.secret_keys;
