DROP TABLE IF EXISTS trunkline.api_key_permissions;
