-- The schema of the customer to whom a WhatsApp number belonged at a moment: no row if it was nobody's, if the account
-- and the number disagree, if two routes claim it, or if the customer is not active.
-- Parameters: platform schema.
CREATE OR REPLACE FUNCTION {platform}.resolve_whatsapp(waba text, phone_number text, at timestamptz)
RETURNS TABLE (schema_name text)
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT min(customer.schema_name)::text
    FROM {platform}.whatsapp_route AS route
    JOIN {platform}.accounts_customer AS customer ON customer.id = route.customer_id
    LEFT JOIN {platform}.tenancy_login AS login
        ON login.schema_name = customer.schema_name AND login.state = 'active'
    WHERE
        route.phone_number_id = resolve_whatsapp.phone_number
        AND route.valid_from <= resolve_whatsapp.at
        AND (route.valid_to IS NULL OR resolve_whatsapp.at < route.valid_to)
    HAVING
        count(*) = 1
        AND bool_and(route.waba_id = resolve_whatsapp.waba)
        AND bool_and(login.id IS NOT NULL);
END
