-- The login of an active tenant and the version of its secret.
-- Parameters: platform schema.
CREATE OR REPLACE FUNCTION {platform}.resolve_schema(wanted text)
RETURNS TABLE (login text, secret_version integer)
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT tenant.login::text, tenant.secret_version
    FROM {platform}.tenancy_login AS tenant
    WHERE tenant.schema_name = resolve_schema.wanted AND tenant.state = 'active';
END
