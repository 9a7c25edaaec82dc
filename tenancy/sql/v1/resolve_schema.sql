-- The login of an active tenant and the version of its secret.
-- A login whose customer's row is gone belongs to nobody.
-- Parameters: platform schema, tenant table.
CREATE OR REPLACE FUNCTION {platform}.resolve_schema(wanted text)
RETURNS TABLE (login text, secret_version integer)
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT login.login::text, login.secret_version
    FROM {platform}.tenancy_login AS login
    JOIN {platform}.{tenants} AS tenant ON tenant.schema_name = login.schema_name
    WHERE login.schema_name = resolve_schema.wanted AND login.state = 'active';
END
