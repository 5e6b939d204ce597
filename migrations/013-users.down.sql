DROP TABLE IF EXISTS trunkline.sign_in_throttles;
DROP TABLE IF EXISTS trunkline.one_time_links;
DROP TABLE IF EXISTS trunkline.sessions;
DROP TABLE IF EXISTS trunkline.users;
