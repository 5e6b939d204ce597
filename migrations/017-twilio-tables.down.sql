DROP TABLE IF EXISTS trunkline.twilio_senders;
DROP TABLE IF EXISTS trunkline.twilio_clients;
