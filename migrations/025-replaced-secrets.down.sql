DROP TABLE IF EXISTS trunkline.replaced_secrets;
