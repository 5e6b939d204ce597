DROP TRIGGER IF EXISTS add_partner_account_details ON public.partner_configurations;
DROP FUNCTION IF EXISTS trunkline.add_partner_account_details();
DROP TABLE IF EXISTS trunkline.partner_account_details;
