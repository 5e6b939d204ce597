DROP TABLE IF EXISTS trunkline.audit_log CASCADE;
DROP FUNCTION IF EXISTS trunkline.chain_audit_row();
DROP FUNCTION IF EXISTS trunkline.refuse_audit_change();
